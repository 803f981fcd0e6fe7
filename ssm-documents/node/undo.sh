# --- undoing a failed run ---

# Undoes every change of this run, or of a killed one before it. The failure's reason stays the outcome.
undo() {
  local reason=$detail
  rm -rf "${stages:?}"/.stage.*
  # What is being deleted cannot be restored; the next run deletes the rest.
  if [[ $journal_stage == deleting ]]; then return 0; fi
  if [[ -z $journal_stage && -z $restart_owed && $config_state != edited && -z $links_changed ]]; then return 0; fi
  # If restoring the old configuration failed once, a second attempt would not know what it restores.
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
  # The journal stays open for what could not be undone: the next run tries again.
  if ! switch_back; then
    detail="$REPLY (after: $reason)"
    return 0
  fi
  close_journal
}

# After a restart, checks that the file still has the planned content.
refuse_changed_meanwhile() {
  hash_of "$ROOT$config"
  if [[ -n $config_sha_after && $REPLY != "$config_sha_after" ]]; then
    fail config-rejected "something else changed $config in the meantime"
  fi
}
