# --- gVisor: what only an installation does ---

hashing=''
written_folders=("$stages" "$links_in")

# handler_block TABLE: prints the handler for containerd's configuration.
handler_block() {
  printf '%s\n' "[$1]" '  runtime_type = "io.containerd.runsc.v1"' \
    "[$1.options]" '  TypeUrl = "io.containerd.runsc.v1.options"' "  ConfigPath = \"$runsc_toml\""
}

refuse_foreign_installer() {
  local name path package_version
  if command -v dpkg-query >/dev/null && package_version=$(clean dpkg-query -W -f "\${db:Status-Status} \${Version}" runsc 2>/dev/null) &&
    [[ $package_version == installed* ]]; then
    fail installer-conflict "the package runsc ${package_version#* } is installed; remove it or let it own this pool"
  fi
  for name in runsc containerd-shim-runsc-v1; do
    path=$(type -P "$name") || continue
    link_target "$name"
    if [[ $path != "$links_in/$name" || ! -L $path || $(readlink "$path") != "$REPLY" ]]; then
      fail installer-conflict "${path#"$ROOT"} exists, and Airlock did not create it"
    fi
  done
  for name in "${link_names[@]}"; do
    path=$links_in/$name
    if [[ -e $path && ! -L $path ]]; then fail installer-conflict "${path#"$ROOT"} exists, and Airlock did not create it"; fi
  done
  if [[ -f $ROOT$runsc_toml ]] && ! grep -q '^# Written by Airlock' "$ROOT$runsc_toml"; then
    fail installer-conflict "$runsc_toml exists, and Airlock did not write it"
  fi
}

stage() {
  local new=$unpacking file line
  for file in runsc containerd-shim-runsc-v1 gvisor-bin/gvisor_sentry; do
    if [[ ! -f $new/$file ]]; then fail install-failed "$artifact_url holds no $file; runsc does not work without it"; fi
  done
  # runsc re-executes itself as an unprivileged user.
  chmod -R a+rX "$new"
  line=$("$new/runsc" --version 2>"$work/err" | head -n 1) || true
  if [[ $line != *"release-$version"* ]]; then
    last_words
    fail install-failed "the archive's runsc says '$line', not release-$version $REPLY"
  fi
  rm -rf "$staged"
  mv -T "$new" "$staged"
  # The version is proven in the meantime.
  (cd "$staged" && find . -type f -exec sha256sum {} +) >"$work/files" 2>"$work/err-files" &
  hashing=$!
  step 'unpacked'
}

# A stage is complete only with its list of files. Until then, the download is kept for the next run.
finish_stage() {
  [[ -n $hashing ]] || return 0
  if ! wait "$hashing"; then
    mv -f "$work/err-files" "$work/err"
    refuse_full_disk "$staged"
    last_words
    fail install-failed "the files in ${staged#"$ROOT"} could not be read: $REPLY"
  fi
  cp "$work/files" "$staged/.airlock-files.new"
  mv "$staged/.airlock-files.new" "$staged/.airlock-files"
  rm -f "$download" "$download.of"
  step 'staged'
}

# Proves only the version, without containerd, before anything is linked.
prove_offline() {
  local runs=$work/offline making
  ask_inside
  rm -rf "$runs"
  mkdir -p "$runs"
  # Prepares the next proof, so that it need not wait.
  clean make_rootfs &
  making=$!
  # Without network: runsc needs none here, and refuses the host's namespace on newer kernels.
  clean timeout "$proof_seconds" "$staged/runsc" --root="$runs" --platform=systrap --network=none 'do' sh -c "$inside" \
    >"$work/said" 2>"$work/err" || true
  rm -rf "$runs"
  # If this failed, the proof tries again and reports the reason.
  wait "$making" || rm -rf "$rootfs"
  if ! judge_sandbox "runsc do"; then
    rm -rf "$rootfs"
    fail proof-failed "$REPLY"
  fi
  step 'proven offline'
}

# Activates the version on the node. Running sandboxes keep their open files.
switch() {
  local name
  if links_are_right; then return 0; fi
  if [[ -z $links_changed ]]; then
    installed_release
    previous_release=$REPLY links_changed=1
    if [[ ! -f $ROOT$runsc_toml ]]; then toml_changed=created; fi
  fi
  write_journal "${journal_stage:-linking}"
  link "$version" "$stages/current"
  step 'current switched'
  public mkdir -p "$links_in" "$ROOT${runsc_toml%/*}"
  for name in "${link_names[@]}"; do
    link_target "$name"
    link "$REPLY" "$links_in/$name"
  done
  step 'links switched'
  runsc_toml_text >"$ROOT$runsc_toml.airlock-new"
  chmod 644 "$ROOT$runsc_toml.airlock-new"
  mv -f "$ROOT$runsc_toml.airlock-new" "$ROOT$runsc_toml"
  step 'runsc.toml written'
}

# The version is proven before it is linked, so that a broken version is never in use.
establish() {
  phase offline
  prove_offline
  finish_stage
  phase switch
  switch
}

# gVisor needs nothing else from the host, and running sandboxes keep their open files.
require_host() { :; }
refuse_change_in_use() { :; }

# Removes earlier versions, except those with running sandboxes: a sandbox may open more of its version's files.
tidy() {
  local directory used
  running_programs "$stages"
  used=$REPLY
  for directory in "$stages"/*/; do
    directory=${directory%/}
    if [[ -L $directory || $directory == "$staged" || $used == *" $directory/"* ]]; then continue; fi
    rm -rf "$directory"
    step "version ${directory##*/} removed"
  done
}
