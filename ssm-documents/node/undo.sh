# --- the way back ---

# Puts back whatever this run, or a killed one before it, has changed. The reason of the failure stays the outcome.
undo() {
  local reason=$detail
  rm -rf "${stages:?}"/.stage.*
  # What is being deleted cannot come back; the next run deletes the rest.
  if [[ $journal_stage == deleting ]]; then return 0; fi
  if [[ -z $journal_stage && -z $restart_owed && $config_state != edited && -z $links_changed ]]; then return 0; fi
  # If the old configuration could not be put back once, a second try would not know what it restores.
  if [[ $outcome == rollback-failed ]]; then
    config_state=damaged
    return 0
  fi
  phase undo
  local was=$config_state
  if [[ -n $journal_stage && $journal_stage != linking ]]; then write_journal undoing; fi
  if ! restore_config; then
    outcome=rollback-failed config_state=damaged detail="$REPLY (after: $reason)"
    return 0
  fi
  if ((restarts > 0)) || [[ -n $restart_owed ]]; then
    if ! restart_containerd; then
      outcome=rollback-failed config_state=damaged detail="$REPLY (after: $reason)"
      return 0
    fi
  fi
  if [[ $was == edited ]]; then config_state=restored; fi
  # The journal stays open over what could not be put back: the next run tries again.
  if ! switch_back; then
    detail="$REPLY (after: $reason)"
    return 0
  fi
  close_journal
}

# After a restart: whether what was asked for is still what the file says.
refuse_changed_meanwhile() {
  hash_of "$ROOT$config"
  if [[ -n $config_sha_after && $REPLY != "$config_sha_after" ]]; then
    fail config-rejected "$config was changed by someone else meanwhile"
  fi
}
