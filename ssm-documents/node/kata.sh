# --- Kata Containers: the runtime-rs layout of release 4, which belongs under /opt/kata and nowhere else ---

handler=${SSM_Handler:-kata-qemu}
stages=$ROOT/opt/airlock/kata
staged=$stages/$release
home=$ROOT/opt/kata
shim=/opt/kata/runtime-rs/bin/containerd-shim-kata-v2
# What of a handler shows that it is ours.
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

# release_in DIRECTORY: leaves the release that Airlock unpacked there in REPLY.
release_in() {
  REPLY=''
  if [[ -f $1/.airlock-release ]]; then REPLY=$(<"$1/.airlock-release"); fi
}

installed_release() { release_in "$home"; }

# The release is whole where it runs, or where it waits to be swapped in.
stage_is_whole() {
  local directory=$staged
  release_in "$home"
  if [[ $REPLY == "$release" && ! -d $staged ]]; then directory=$home; fi
  [[ -f $directory/.airlock-files ]] && (cd "$directory" && sha256sum --quiet --strict -c .airlock-files) >/dev/null 2>&1
}

links_are_right() {
  installed_release
  if [[ $REPLY != "$release" ]]; then
    REPLY="the node has ${REPLY:-no release} of $runtime, not $release"
    return 1
  fi
  if ! grep -q '^# Written by Airlock' "$ROOT$modules_file" 2>/dev/null; then
    REPLY="$modules_file is not as Airlock writes it"
    return 1
  fi
}
