# --- gVisor: an archive whose files belong together, in one directory per version ---

handler=runsc
stages=$ROOT/opt/airlock/gvisor
staged=$stages/$version
# Links are relative, so that they work in any tree. Switching `current` changes all of them at once.
link_names=(runsc containerd-shim-runsc-v1 gvisor-bin)
links_in=$ROOT/usr/local/bin
runsc_toml=/etc/containerd/runsc.toml
# The line in a handler's table that shows that it is Airlock's.
own_pointer="ConfigPath = $runsc_toml"

runsc_toml_text() {
  # No systemd-cgroup here: versions since June 2026 detect the driver from the path, and forcing it breaks cgroupfs
  # nodes.
  printf '%s\n' '# Written by Airlock.' '[runsc_config]' '  platform = "systrap"'
}

link_target() { REPLY=../../../opt/airlock/gvisor/current/$1; }

# Whether all staged files are exactly those that were unpacked.
stage_is_whole() {
  [[ -f $staged/.airlock-files ]] && (cd "$staged" && sha256sum --quiet --strict -c .airlock-files) >/dev/null 2>&1
}

installed_release() {
  REPLY=''
  if [[ -L $stages/current ]]; then REPLY=$(readlink "$stages/current"); fi
}

links_are_right() {
  local name
  installed_release
  if [[ $REPLY != "$version" ]]; then
    REPLY="the node has ${REPLY:-no version} of $runtime, not $version"
    return 1
  fi
  for name in "${link_names[@]}"; do
    link_target "$name"
    if [[ $(readlink "$links_in/$name" 2>/dev/null) != "$REPLY" ]]; then
      REPLY="${links_in#"$ROOT"}/$name is not Airlock's link"
      return 1
    fi
  done
  if ! runsc_toml_text | cmp -s - "$ROOT$runsc_toml"; then
    REPLY="$runsc_toml is not as Airlock writes it"
    return 1
  fi
}
