# --- Kata Containers: what only an installation does ---

written_folders=("$stages" "${home%/*}" "$ROOT${modules_file%/*}")
archive_home=/opt/kata

handler_block() {
  printf '%s\n' "[$1]" "  runtime_type = \"io.containerd.$handler.v2\"" "  runtime_path = \"$shim\"" \
    '  privileged_without_host_devices = true'
  if ((${#annotations[@]} > 0)); then
    quoted "${annotations[@]}"
    printf '%s\n' "  pod_annotations = [$REPLY]"
  fi
  printf '%s\n' "[$1.options]" "  ConfigPath = \"$kata_config\""
}

# Leaves the words as a TOML list in REPLY.
quoted() {
  local word list=''
  for word in "$@"; do list+=", \"$word\""; done
  REPLY=${list#, }
}

# allow_annotations DIRECTORY: makes Kata accept exactly the pod annotations that airlock.yaml lists.
allow_annotations() {
  local name file
  local -a names=() files=()
  for name in "${annotations[@]}"; do
    case $name in
      io.katacontainers.config.hypervisor.*) names+=("^${name#io.katacontainers.config.hypervisor.}\$") ;;
    esac
  done
  quoted "${names[@]}"
  for file in "$1${kata_config%/*}"/configuration-*.toml; do
    if grep -qE '^ *enable_annotations *=' "$file" && ! grep -qxF "enable_annotations = [$REPLY]" "$file"; then
      sed -i -E "s/^ *enable_annotations *=.*/enable_annotations = [${REPLY//\\/\\\\}]/" "$file"
      files+=(".${file#"$1/opt/kata"}")
    fi
  done
  if ((${#files[@]} == 0)) || [[ ! -f $1/opt/kata/.airlock-files ]]; then return 0; fi
  (
    cd "$1/opt/kata"
    printf '%s\n' "${files[@]}" >"$work/changed"
    grep -vF -f "$work/changed" .airlock-files >"$work/files" || true
    sha256sum "${files[@]}" >>"$work/files"
    mv "$work/files" .airlock-files
  )
  step 'annotations allowed'
}

refuse_foreign_installer() {
  local path
  for path in "$home/containerd" "$ROOT/etc/containerd/conf.d/kata-deploy.toml"; do
    if [[ -e $path ]]; then fail installer-conflict "${path#"$ROOT"} is there: kata-deploy manages Kata on this node"; fi
  done
  if [[ -e $home && ! -f $home/.airlock-version ]]; then
    fail installer-conflict "${home#"$ROOT"} exists, and Airlock did not create it"
  fi
  if path=$(clean dpkg-query -W -f "\${db:Status-Status}" kata-containers 2>/dev/null) && [[ $path == installed ]]; then
    fail installer-conflict 'the package kata-containers is installed; remove it or let it own this pool'
  fi
}

require_host() { require_kvm; }

# A shim opens files of its version as long as its guest runs, so they must not be swapped.
refuse_change_in_use() {
  if ! links_are_right && in_use; then fail runtime-in-use "$REPLY"; fi
}

stage() {
  local new=$unpacking file line
  for file in "$shim" "$kata_config"; do
    if [[ ! -f $new$file ]]; then fail install-failed "$artifact_url holds no $file"; fi
  done
  # Kernel, image, hypervisor and the other files in the configuration.
  while IFS= read -r file; do
    if [[ ! -e $new$file ]]; then fail install-failed "$kata_config names $file, which $artifact_url does not hold"; fi
  done < <(sed -nE 's/^ *(path|kernel|image|initrd|virtio_fs_daemon) *= *"(\/opt\/kata\/[^"]+)".*/\2/p' "$new$kata_config")
  line=$("$new$shim" --version 2>"$work/err" | head -n 1) || true
  if [[ $line != *"$version"* ]]; then
    last_words
    fail install-failed "the archive's shim says '$line', not $version $REPLY"
  fi
  allow_annotations "$new"
  new=$new/opt/kata
  chmod -R a+rX "$new"
  (cd "$new" && find . -type f -exec sha256sum {} +) >"$work/files" 2>"$work/err"
  mv "$work/files" "$new/.airlock-files"
  printf '%s\n' "$version" >"$new/.airlock-version"
  rm -rf "$staged"
  mv -T "$new" "$staged"
  rm -rf "$unpacking" "$download" "$download.of"
  step 'staged'
}

# The configurations and QEMU contain paths under /opt/kata, so the version can only be proven in place. This takes two
# renames; the earlier version is kept until the journal is closed.
switch() {
  if [[ ! -d $staged ]] && links_are_right; then
    allow_annotations "$ROOT"
    return 0
  fi
  if [[ -d $staged ]] && in_use; then fail runtime-in-use "$REPLY"; fi
  if [[ -z $links_changed ]]; then
    rm -rf "$previous"
    installed_release
    previous_release=$REPLY links_changed=1
    if [[ ! -f $ROOT$modules_file ]]; then toml_changed=created; fi
  fi
  write_journal "${journal_stage:-linking}"
  if [[ -d $staged ]]; then
    if [[ -d $home && ! -d $previous ]]; then
      mv -T "$home" "$previous"
      step 'version from before put aside'
    fi
    rm -rf "$home"
    mv -T "$staged" "$home"
    allow_annotations "$ROOT"
  fi
  step 'version in its place'
  public mkdir -p "$ROOT${modules_file%/*}"
  modules_text >"$ROOT$modules_file"
  chmod 644 "$ROOT$modules_file"
  step 'modules are loaded at boot'
}

# A guest is booted before containerd is changed.
establish() {
  phase switch
  switch
  phase offline
  run_handler "$ROOT$shim" --runtime-config-path "$ROOT$kata_config"
  judge_sandbox "a guest of $handler" || fail proof-failed "$REPLY"
  step 'proven offline'
}

tidy() {
  if [[ -d $previous ]]; then rm -rf "$previous"; fi
}
