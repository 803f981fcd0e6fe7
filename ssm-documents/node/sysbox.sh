# --- Sysbox: a package with three daemons ---

handler=sysbox-runc
stages=$ROOT/opt/airlock/sysbox
# The installed version, which also distinguishes Airlock's installation from others.
marker=$stages/version
staged=/usr/bin/sysbox-runc
# The line in a handler's table that shows that it is Airlock's.
own_pointer="BinaryName = $staged"
sysbox_programs=(usr/bin/sysbox-runc usr/bin/sysbox-mgr usr/bin/sysbox-fs)
sysbox_units=(sysbox.service sysbox-mgr.service sysbox-fs.service)

installed_release() {
  REPLY=''
  if [[ -f $marker ]]; then REPLY=$(<"$marker"); fi
}

# Whether all programs are exactly those from the package.
stage_is_whole() {
  installed_release
  [[ $REPLY == "$version" ]] && (cd "$ROOT/" && sha256sum --quiet --strict -c "$stages/.airlock-files") >/dev/null 2>&1
}

# Leaves the first unit that is not active in REPLY, with its state.
units_are_active() {
  local unit line active
  for unit in "${sysbox_units[@]}"; do
    active=unknown
    while IFS= read -r line; do
      case $line in ActiveState=*) active=${line#*=} ;; esac
    done < <(clean systemctl show "$unit" -p ActiveState)
    if [[ $active != active ]]; then
      REPLY="$unit is $active"
      return 1
    fi
  done
}

links_are_right() {
  installed_release
  if [[ $REPLY != "$version" ]]; then
    REPLY="the node has ${REPLY:-no version} of $runtime, not $version"
    return 1
  fi
  units_are_active
}
