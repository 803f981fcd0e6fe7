# --- Kata Containers: its files, and who uses them ---

previous=$stages/previous

# Whether a guest runs; leaves a message in REPLY. Every Kata pod has one shim.
in_use() {
  running_shims "$home"
  [[ -n $REPLY ]] || return 1
  REPLY="Kata guests run on this node; their shims have the pids $REPLY"
}

remove_files() {
  if [[ -f $ROOT$modules_file ]] && grep -q '^# Written by Airlock' "$ROOT$modules_file"; then rm -f "$ROOT$modules_file"; fi
  # Renamed in one step, so that a partly deleted version never looks complete.
  if [[ -f $home/.airlock-version ]]; then
    mkdir -p "$stages"
    mv -T "$home" "$stages/.stage.gone"
  fi
  step 'version removed'
  rm -rf "${stages:?}"
  step 'files removed'
}

# Switches back to the earlier version, or to none. The version that was swapped out is kept, so that the next attempt
# need not download it again.
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
