# --- gVisor: its files, and who uses them ---

# Whether a sandbox runs; leaves a message in REPLY. Every pod has one shim.
in_use() {
  running_shims "$stages"
  [[ -n $REPLY ]] || return 1
  REPLY="gVisor sandboxes run on this node; their shims have the pids $REPLY"
}

remove_links() {
  local name
  for name in "${link_names[@]}"; do
    link_target "$name"
    if [[ $(readlink "$links_in/$name" 2>/dev/null) == "$REPLY" ]]; then rm -f "$links_in/$name"; fi
  done
  rm -f "$stages/current" "$links_in"/*.airlock-new "$stages/current.airlock-new" "$ROOT$runsc_toml.airlock-new"
}

# Removes everything that an installation put on the node.
remove_files() {
  remove_links
  if [[ -f $ROOT$runsc_toml ]] && grep -q '^# Written by Airlock' "$ROOT$runsc_toml"; then rm -f "$ROOT$runsc_toml"; fi
  step 'links removed'
  rm -rf "${stages:?}"
  step 'files removed'
}

# link TARGET PATH: replaces a link in one step.
link() {
  ln -sfn "$1" "$2.airlock-new"
  mv -fT "$2.airlock-new" "$2"
}

# Switches back to the earlier version, or to none.
switch_back() {
  [[ -n $links_changed ]] || return 0
  if [[ -n $previous_release ]]; then link "$previous_release" "$stages/current"; else remove_links; fi
  if [[ $toml_changed == created ]]; then rm -f "$ROOT$runsc_toml"; fi
  step 'links put back'
}
