# --- the proof: a container is started, and its output decides ---

proof_seconds=60
rootfs=$state/proof-rootfs

# The nonce shows that an answer comes from this container and is not an old or prepared one.
new_nonce() { nonce=airlock-$$-$RANDOM$RANDOM; }

# Builds a root file system from some of the host's programs with their libraries: there may be no registry, and few
# minimal images have a static busybox.
make_rootfs() {
  local program path line
  rm -rf "$rootfs"
  # A container's root can be a different user from the host's.
  umask 022
  mkdir -p "$rootfs"/{bin,dev,etc,proc,run,sys,tmp}
  for program in "${proof_programs[@]}"; do
    path=$(command -v "$program") || fail tool-missing "$program, which the proof needs, is not on the node"
    cp -L "$path" "$rootfs/bin/$program"
    while IFS= read -r line; do
      if [[ $line =~ (/[^ ]+)\ \(0x ]]; then
        path=${BASH_REMATCH[1]}
        mkdir -p "$rootfs${path%/*}"
        cp -L "$path" "$rootfs$path"
      fi
    done < <(ldd "$path" 2>/dev/null)
  done
  umask 077
}

# run_handler RUNTIME OPTION…: starts a container as containerd would for the handler; leaves its output in $work/said.
run_handler() {
  local id=airlock-proof-$$-$RANDOM
  if [[ ! -d $rootfs ]]; then make_rootfs; fi
  ask_inside
  if ! clean timeout "$proof_seconds" ctr -n airlock run --rm --runtime "$@" --rootfs "$rootfs" "$id" /bin/sh -c "$inside" \
    >"$work/said" 2>"$work/err"; then
    # Removes what a time-out leaves behind.
    clean timeout 10 ctr -n airlock task kill -s SIGKILL "$id" >/dev/null 2>&1 || true
    clean timeout 10 ctr -n airlock container rm "$id" >/dev/null 2>&1 || true
  fi
  rm -rf "$rootfs"
}

# Proves the handler as defined in the effective configuration in dump $1: a handler that points elsewhere must not
# pass.
prove_on_host() {
  local table how
  local -a options=()
  handler_table "$1"
  table=$REPLY
  value_of "$1" "$table" runtime_type || fail proof-failed "containerd has no handler $handler"
  how=$REPLY
  if value_of "$1" "$table" runtime_path && [[ -n $REPLY ]]; then how=$ROOT$REPLY; fi
  if value_of "$1" "$table.options" ConfigPath && [[ -n $REPLY ]]; then options+=(--runtime-config-path "$ROOT$REPLY"); fi
  if value_of "$1" "$table.options" BinaryName && [[ -n $REPLY ]]; then options+=(--runc-binary "$ROOT$REPLY"); fi
  run_handler "$how" "${options[@]}"
  judge_sandbox "a container with the handler $handler" || fail proof-failed "$REPLY"
  step 'proven on the host'
}
