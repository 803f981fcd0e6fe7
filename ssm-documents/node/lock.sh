# --- one run at a time ---

take_lock() {
  patience 120
  while :; do
    mkdir -p "$runs"
    exec 8>"$runs/lock"
    flock -w "$REPLY" 8 || fail concurrent-run "the lock ${runs#"$ROOT"}/lock was held for more than $REPLY s"
    # An uninstallation deletes the file at its end. A run that waited for it then holds a lock that no other run sees.
    if [[ $runs/lock -ef /dev/fd/8 ]]; then break; fi
  done
  locked=1
  # A killed run leaves its work folder behind.
  rm -rf "$work"
  mkdir "$work"
}
