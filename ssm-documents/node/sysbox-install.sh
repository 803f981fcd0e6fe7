# --- Sysbox: what only an installation does ---

deb=$stages/sysbox-ce.deb
unit_seconds=30
written_folders=("$stages" "$ROOT/usr/bin" "$ROOT/var/lib/dpkg")

handler_block() {
  local name cgroup=false
  # The kubelet's cgroup driver is the same for every handler, so it is copied from the default handler.
  for name in "$(default_handler before)" runc; do
    handler_table before "$name"
    if value_of before "$REPLY.options" SystemdCgroup; then
      cgroup=$REPLY
      break
    fi
  done
  printf '%s\n' "[$1]" '  runtime_type = "io.containerd.runc.v2"' \
    "[$1.options]" "  BinaryName = \"$staged\"" "  SystemdCgroup = $cgroup"
}

refuse_foreign_installer() {
  local line package_version
  if [[ -e $ROOT/var/lib/sysbox-deploy-k8s ]]; then
    fail installer-conflict '/var/lib/sysbox-deploy-k8s is there: sysbox-deploy-k8s manages Sysbox on this node'
  fi
  while IFS= read -r line; do
    if [[ $line == LoadState=loaded ]]; then
      fail installer-conflict 'the node has crio.service; Airlock installs Sysbox only for containerd'
    fi
  done < <(clean systemctl show crio.service -p LoadState)
  installed_release
  if package_version=$(clean dpkg-query -W -f "\${db:Status-Status} \${Version}" sysbox-ce 2>/dev/null) && [[ $package_version == installed* ]]; then
    if [[ -z $REPLY && -z $links_changed ]]; then
      fail installer-conflict "the package sysbox-ce ${package_version#* } is installed, and Airlock did not install it"
    fi
    if [[ -n $REPLY && $REPLY != "$version" ]]; then
      fail host-unsupported "Sysbox $REPLY is installed, and upstream supports no upgrade in place; uninstall it first, or replace the node"
    fi
  fi
}

require_host() {
  local most
  if [[ ! -c $ROOT/dev/fuse ]]; then fail host-unsupported '/dev/fuse, which sysbox-fs needs, is not there; use a linux-aws kernel of Ubuntu'; fi
  most=$(cat "$ROOT/proc/sys/user/max_user_namespaces" 2>/dev/null || echo 0)
  if ((most == 0)); then fail host-unsupported 'user namespaces are off: set the sysctl user.max_user_namespaces, which is 0'; fi
  want jq jq
  want rsync rsync
  want fuse3 fusermount3 fusermount
  want iptables iptables
  want lsb-release lsb_release
}

# The daemons serve every Sysbox container on the node.
refuse_change_in_use() {
  if ! stage_is_whole && in_use; then fail runtime-in-use "$REPLY"; fi
}

# A package is installed as it is.
consume() { cat >/dev/null; }

stage() {
  rm -rf "$unpacking"
  # apt requires the suffix.
  cp "$download" "$deb" 2>"$work/err" || refuse_full_disk "$deb"
  if ! dpkg-deb --fsys-tarfile "$deb" 2>"$work/err" | tar -tvv --numeric-owner >"$work/listing" 2>>"$work/err"; then
    last_words
    fail install-failed "$artifact_url could not be read: $REPLY"
  fi
  refuse_hostile_archive "$work/listing" /usr
  plan_packages "$deb"
  step 'staged'
}

establish() {
  phase package
  if ! stage_is_whole; then install_deb; fi
  phase units
  clean systemctl enable --now sysbox.service 2>"$work/err" || true
  wait_for_units
  phase offline
  require_features
}

install_deb() {
  if [[ -z $links_changed ]]; then
    installed_release
    previous_release=$REPLY links_changed=1
  fi
  write_journal "${journal_stage:-linking}"
  # A run that was killed inside dpkg leaves packages half configured, and apt refuses everything until dpkg configures
  # them.
  if [[ -n $taken_over ]]; then DEBIAN_FRONTEND=noninteractive clean public dpkg --configure -a || true; fi
  run_apt install "$deb" || fail install-failed "sysbox-ce could not be installed: $REPLY"
  step 'package installed'
  containerd_stayed || fail containerd-restart-failed 'containerd was restarted while the package was installed'
  (cd "$ROOT/" && sha256sum "${sysbox_programs[@]}") >"$stages/.airlock-files"
  printf '%s\n' "$version" >"$marker"
  rm -f "$deb" "$download" "$download.of"
  step 'package is ours'
}

wait_for_units() {
  local deadline reason
  tick
  deadline=$((uptime + unit_seconds))
  until units_are_active; do
    tick
    if ((uptime >= deadline)); then
      reason="$REPLY after $unit_seconds s"
      read_log "${REPLY%% *}"
      fail install-failed "$reason${REPLY:+: $REPLY}"
    fi
    sleep 0.2
  done
  step 'units are active'
}

# containerd allows a pod a user namespace only if the runtime itself reports support for it.
require_features() {
  local features
  features=$(clean timeout 20 "$ROOT$staged" features 2>"$work/err") || true
  features=${features//[[:space:]]/}
  if [[ ! $features =~ \"namespaces\":\[[^]]*\"user\" || ! $features =~ \"idmap\":\{\"enabled\":true ]]; then
    last_words
    fail proof-failed "sysbox-runc features names no user namespaces with id-mapped mounts: ${REPLY:-${features:0:200}}"
  fi
  step 'features are right'
}

tidy() { :; }
