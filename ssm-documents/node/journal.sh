# --- the journal: what a run has begun to change, so that the next one can finish or undo it after a power failure ---

# linking: the runtime's files may be in place. edited: the configuration is changed too. undoing: it is being restored.
# deleting: containerd runs without Airlock's handler, and the runtime's files are being deleted.
journal_stage='' journal_runtime='' journal_verb=''
config_existed='' config_sha_before='' config_sha_after=''
links_changed='' previous_release='' toml_changed='' taken_over=''

# hash_of FILE: leaves its SHA-256 in REPLY, or `none` if there is no file.
hash_of() {
  REPLY=none
  if [[ -f $1 ]]; then
    REPLY=$(sha256sum <"$1")
    REPLY=${REPLY%% *}
  fi
}

write_journal() {
  journal_stage=$1
  printf '%s\n' "stage=$1" "verb=$verb" "runtime=$runtime" "config=$config" "existed=$config_existed" "before=$config_sha_before" \
    "after=$config_sha_after" "links=$links_changed" "previous=$previous_release" "toml=$toml_changed" \
    "cri=${cri_before//$'\n'/;}" "socket=$socket" >"$journal.new"
  sync "$journal.new"
  mv -f "$journal.new" "$journal"
  step "journal says $1"
}

close_journal() {
  rm -f "$journal" "$state/config-before.toml"
  journal_stage=''
  step 'journal closed'
}

# Takes over from a killed run: this run then finishes its changes, or undoes them if it fails itself.
take_over() {
  local key value
  rm -rf "$journal.new" "$state/download.new" "$state/proof-rootfs" "${stages:?}"/.stage.*
  [[ -f $journal ]] || return 0
  while IFS='=' read -r key value; do
    case $key in
      stage) journal_stage=$value ;;
      verb) journal_verb=$value ;;
      runtime) journal_runtime=$value ;;
      config) config=$value ;;
      existed) config_existed=$value ;;
      before) config_sha_before=$value ;;
      after) config_sha_after=$value ;;
      links) links_changed=$value ;;
      previous) previous_release=$value ;;
      toml) toml_changed=$value ;;
      cri) cri_before=${value//;/$'\n'} ;;
      socket)
        socket=$value
        export CONTAINERD_ADDRESS=$ROOT$socket
        ;;
    esac
  done <"$journal"
  say "the last $journal_verb of $journal_runtime was killed at $journal_stage; this run takes over"
  taken_over=1
  if [[ $journal_runtime != "$runtime" ]]; then
    # This run must not undo those changes when it fails.
    journal_stage='' links_changed='' toml_changed=''
    fail concurrent-run "the last $journal_verb of $journal_runtime on this node did not end; run it again first"
  fi
  case $journal_stage in
    linking) return 0 ;;
    deleting)
      remove_files
      close_journal
      return 0
      ;;
  esac
  # It is unknown which configuration the running containerd has read.
  restart_owed=1
  rm -f "$ROOT${config%/*}/$candidate_name"
  hash_of "$ROOT$config"
  if [[ -n $config_sha_after && $REPLY == "$config_sha_after" ]]; then
    config_state=edited
  elif [[ $REPLY != "$config_sha_before" ]]; then
    say "$config was rewritten by something else since; the earlier copy is dropped"
    rm -f "$state/config-before.toml"
  fi
  repair_containerd
}

# For a killed run that left containerd down: restores the old configuration before anything else.
repair_containerd() {
  show_containerd
  if containerd_answers; then return 0; fi
  say "containerd does not answer as it did: $REPLY"
  restore_config || fail rollback-failed "$REPLY"
  config_state=untouched config_sha_after=''
  restart_containerd || fail rollback-failed "$REPLY"
}
