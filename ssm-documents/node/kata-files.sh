# --- Kata Containers: its files, and who uses them ---

previous=$stages/previous

# Whether a guest runs; says so in REPLY. Every pod of Kata has one shim.
in_use() {
  running_shims "$home"
  [[ -n $REPLY ]] || return 1
  REPLY="Kata guests run on this node; their shims have the pids $REPLY"
}

remove_files() {
  if [[ -f $ROOT$modules_file ]] && grep -q '^# Written by Airlock' "$ROOT$modules_file"; then rm -f "$ROOT$modules_file"; fi
  # In one step, so that half a version never stands under the name of a whole one.
  if [[ -f $home/.airlock-version ]]; then
    mkdir -p "$stages"
    mv -T "$home" "$stages/.stage.gone"
  fi
  step 'version removed'
  rm -rf "${stages:?}"
  step 'files removed'
}

# Back to the version from before, or to none. What was swapped out again is kept, or the next attempt would download it again.
switch_back() {
  [[ -n $links_changed ]] || return 0
  if [[ -d $previous || -z $previous_release ]] && [[ -d $home ]]; then
    rm -rf "$staged"
    mv -T "$home" "$staged"
  fi
  if [[ -d $previous ]]; then mv -T "$previous" "$home"; fi
  if [[ $toml_changed == created ]]; then rm -f "$ROOT$modules_file"; fi
  step 'version put back'
}
