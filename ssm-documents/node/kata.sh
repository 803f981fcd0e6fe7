# --- Kata Containers: the runtime-rs layout of version 4, which only works under /opt/kata ---

handler=${SSM_Handler:-kata-qemu}
stages=$ROOT/opt/airlock/kata
staged=$stages/$version
home=$ROOT/opt/kata
shim=/opt/kata/runtime-rs/bin/containerd-shim-kata-v2
# The line in a handler's table that shows that it is Airlock's.
own_pointer="runtime_path = $shim"
modules_file=/etc/modules-load.d/airlock-kata.conf
kata_config=/opt/kata/share/defaults/kata-containers/runtime-rs/configuration-
case $handler in
  kata-dragonball) kata_config+=dragonball.toml ;;
  kata-clh) kata_config+=clh-runtime-rs.toml ;;
  *) kata_config+=qemu-runtime-rs.toml ;;
esac

kernel_modules=(vhost_vsock vhost_net)

modules_text() { printf '%s\n' '# Written by Airlock.' "${kernel_modules[@]}"; }

# version_in DIRECTORY: leaves in REPLY the version that Airlock unpacked there.
version_in() {
  REPLY=''
  if [[ -f $1/.airlock-version ]]; then REPLY=$(<"$1/.airlock-version"); fi
}

installed_release() { version_in "$home"; }

# Whether the version is complete, either in place or staged to be swapped in.
stage_is_whole() {
  local directory=$staged
  version_in "$home"
  if [[ $REPLY == "$version" && ! -d $staged ]]; then directory=$home; fi
  [[ -f $directory/.airlock-files ]] && (cd "$directory" && sha256sum --quiet --strict -c .airlock-files) >/dev/null 2>&1
}

links_are_right() {
  installed_release
  if [[ $REPLY != "$version" ]]; then
    REPLY="the node has ${REPLY:-no version} of $runtime, not $version"
    return 1
  fi
  if ! grep -q '^# Written by Airlock' "$ROOT$modules_file" 2>/dev/null; then
    REPLY="$modules_file is not as Airlock writes it"
    return 1
  fi
}
