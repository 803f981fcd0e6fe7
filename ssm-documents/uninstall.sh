# --- uninstall: removes the handler first, and its files only when containerd runs without it ---

refuse_use() {
  if in_use; then fail runtime-in-use "$REPLY"; fi
}

main() {
  begin_time
  phase lock
  take_lock
  take_over
  phase preflight
  read_host
  read_containerd
  report_host
  read_configuration
  read_socket before
  remember_containerd
  installed_release
  version=$REPLY
  refuse_use
  plan_removal
  plan_restart
  if [[ -n $edit_needed ]]; then
    phase edit
    apply_edit
  fi
  if [[ -n $edit_needed || -n $restart_owed ]]; then
    phase restart
    restart_containerd || fail containerd-restart-failed "$REPLY"
  fi
  # A container may have started while the handler still existed.
  refuse_use
  refuse_changed_meanwhile
  phase delete
  write_journal deleting
  remove_files
  if [[ -n $candidate_absent && $own_note == *' no-folder '* ]]; then rmdir "$ROOT${config%/*}" 2>/dev/null || :; fi
  close_journal
  rm -f "$state/download" "$state/download.part" "$state/download.of"
  # The folders are removed if they are empty.
  rmdir "${stages%/*}" "$state" 2>/dev/null || :
  rm -rf "$runs"
  succeed uninstalled
}

main
