# --- one run at a time ---

lock_seconds=240

take_lock() {
  while :; do
    mkdir -p "$work"
    exec 8>"$work/lock"
    flock -w "$lock_seconds" 8 || fail another-run "the lock $work/lock was held for more than $lock_seconds s"
    # An uninstallation deletes the file at its end: who waited for it then holds a lock that nobody else sees.
    if [[ $work/lock -ef /dev/fd/8 ]]; then return 0; fi
  done
}
