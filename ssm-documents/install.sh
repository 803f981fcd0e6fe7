# --- install ---

main() {
  begin_time
  phase lock
  take_lock
  take_over
  phase bootstrap
  wait_for_bootstrap
  phase preflight
  read_host
  read_containerd
  report_host
  read_configuration
  read_socket before
  remember_containerd
  pick_artifact
  refuse_known_bad
  require_tools
  refuse_foreign_installer
  require_host
  plan_edit
  if [[ -z $edit_needed && -z $restart_owed && -z $journal_stage ]] && links_are_right && stage_is_whole; then
    phase proof
    prove_on_host before
    tidy
    report_sandboxes "$stages"
    succeed already-installed
  fi
  require_writable "$state" "$ROOT${config%/*}" "${written_folders[@]}"
  refuse_change_in_use
  plan_restart
  if ! stage_is_whole; then
    require_room "$stages" "$room_mib"
    install_packages
    phase fetch
    fetch
    phase stage
    stage
  fi
  establish
  if [[ -n $edit_needed ]]; then
    phase edit
    apply_edit
  fi
  if [[ -n $edit_needed || -n $restart_owed ]]; then
    phase restart
    restart_containerd || fail containerd-restart-failed "$REPLY"
  fi
  phase proof
  prove_on_host after
  containerd_stayed || fail containerd-restart-failed 'containerd was restarted again while the sandbox was proven'
  refuse_changed_meanwhile
  if [[ -n $journal_stage ]]; then close_journal; fi
  tidy
  report_sandboxes "$stages"
  succeed installed
}

main
