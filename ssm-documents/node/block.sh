# --- Airlock's block: what an installation adds ---

# Builds the changed configuration, has containerd parse it, and compares both effective configurations. Changes
# nothing.
plan_edit() {
  local plugin line note=$own_note
  line=$(grep -m 1 '^|disabled_plugins = ' "$work/before.flat" || true)
  if [[ $line == *'"cri"'* || $line == *"'cri'"* || $line == *io.containerd.grpc.v1.cri* || $line == *io.containerd.cri.v1* ]]; then
    fail config-rejected "$config disables containerd's CRI plugin: ${line#|}"
  fi
  case $config_version in
    0) ;;
    1) if [[ $containerd_version == 1.* ]]; then
      fail config-rejected "$config has no version line, so containerd $containerd_version ignores the CRI tables in it; add version = 2"
    fi ;;
    2 | 3 | 4) ;;
    *) fail config-rejected "$config has version $config_version; Airlock knows 2, 3 and 4" ;;
  esac
  plugin=io.containerd.cri.v1.runtime
  if [[ $config_version == 2 || $containerd_version == 1.* ]]; then plugin=io.containerd.grpc.v1.cri; fi
  marked_block "$plugin" '' >"$work/block"
  if cmp -s "$work/block" "$work/own-block"; then
    if ! has_handler before; then
      hiding_import before
      fail config-rejected "$config has Airlock's handler $handler, but containerd does not see it$REPLY"
    fi
    keep_dump
    return 0
  fi
  # A handler with this name outside Airlock's block belongs to someone else, unless another tool has only removed the
  # marks.
  if [[ " ${own_handlers[*]} " != *" $handler "* ]] && has_handler before; then
    is_ours || fail handler-conflict "containerd already has a handler $handler, and it is not as Airlock writes it"
    say "$config has Airlock's handler $handler without its marks"
    keep_dump
    return 0
  fi
  cp "$work/base" "$work/candidate"
  # A note for the uninstallation, so that it can restore the file byte for byte.
  if [[ -z $note && $config_version == 0 ]]; then
    hash_of "$work/base"
    note="# airlock:before no-file $REPLY"
    if [[ ! -d $ROOT${config%/*} ]]; then note="# airlock:before no-folder $REPLY"; fi
  fi
  # A last line without a line break would run into Airlock's block.
  if [[ -s $work/candidate && -n $(tail -c 1 "$work/candidate") ]]; then
    printf '\n' >>"$work/candidate"
    note=${note:-'# airlock:before no-end'}
  fi
  marked_block "$plugin" "$note" >>"$work/candidate"
  dump_candidate
  if ! has_handler after; then
    hiding_import after
    fail config-rejected "containerd $containerd_version does not see Airlock's handler in $config$REPLY"
  fi
  other_difference
  if [[ -n $REPLY ]]; then
    fail config-rejected "the change would alter more than Airlock's handler in the effective configuration: $REPLY"
  fi
  edit_needed=1
}

# Nothing changes: `after` is the same as `before`.
keep_dump() {
  cp "$work/before.toml" "$work/after.toml"
  cp "$work/before.flat" "$work/after.flat"
}

# Whether the handler in the dump `before` is as Airlock's block defines it. Defaults are not compared, because a dump
# prints them too.
is_ours() {
  local table
  handler_table before
  table=$REPLY
  cmp -s <(handler_block "$table" | flatten | without_defaults) \
    <(grep -F -e "$table|" -e "$table.options|" "$work/before.flat" | without_defaults)
}

without_defaults() { tr -d "\"'" | sed -E '/ = (|\[\]|0|false|podsandbox)$/d'; }

# marked_block PLUGIN NOTE: prints the tables of Airlock's handler between its marks.
marked_block() {
  printf '%s\n' "# airlock:begin $runtime" ${2:+"$2"}
  handler_block "plugins.\"$1\".containerd.runtimes.$handler"
  printf '%s\n' "# airlock:end $runtime"
}
