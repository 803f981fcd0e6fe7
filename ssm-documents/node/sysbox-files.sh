# --- Sysbox: its package, and who uses it ---

# Whether a Sysbox container runs; leaves a message in REPLY. Each has a sysbox-fs file system.
in_use() {
  local line
  line=$(grep -m 1 ' /var/lib/sysboxfs/' "$ROOT/proc/mounts" || true)
  if [[ -z $line ]]; then return 1; fi
  read -r _ line _ <<<"$line"
  REPLY="Sysbox containers run on this node: $line is mounted"
}

# Removes the package, its user and its daemons' data. Runs in a subshell, because it is also called while another
# failure is being handled.
remove_package() {
  if ! (
    if clean dpkg-query -W sysbox-ce >/dev/null 2>&1; then run_apt purge sysbox-ce || fail install-failed "$REPLY"; fi
    step 'package removed'
    if grep -q '^sysbox:' "$ROOT/etc/passwd"; then clean userdel sysbox; fi
    rm -rf "$ROOT/var/lib/sysbox" "$ROOT/var/lib/sysboxfs"
  ); then
    last_words
    REPLY="sysbox-ce could not be removed: $REPLY"
    return 1
  fi
}

remove_files() {
  # Without Airlock's marker the package belongs to someone else, unless a killed run began to install it.
  if [[ -f $marker || -n $links_changed ]]; then remove_package || fail install-failed "$REPLY"; fi
  rm -rf "${stages:?}"
  step 'files removed'
}

switch_back() {
  [[ -n $links_changed ]] || return 0
  if [[ -z $previous_release ]]; then
    remove_package || return 1
    rm -f "$marker" "$stages/.airlock-files"
  fi
  step 'package put back'
}
