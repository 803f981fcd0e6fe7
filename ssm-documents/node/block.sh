# --- our block: what an installation adds ---

# Makes the changed configuration, lets containerd read it and compares what it makes of both. Changes nothing.
plan_edit() {
  local plugin line note
  read_configuration
  note=$own_note
  line=$(grep -m 1 '^|disabled_plugins = ' "$work/before.flat" || true)
  if [[ $line == *'"cri"'* || $line == *"'cri'"* || $line == *io.containerd.grpc.v1.cri* || $line == *io.containerd.cri.v1* ]]; then
    fail config-refused "$config disables containerd's CRI plugin: ${line#|}"
  fi
  case $config_version in
    0) ;;
    1) if [[ $containerd_version == 1.* ]]; then
      fail config-refused "$config has no version line, so containerd $containerd_version ignores the CRI tables in it; add version = 2"
    fi ;;
    2 | 3 | 4) ;;
    *) fail config-refused "$config has version $config_version; Airlock knows 2, 3 and 4" ;;
  esac
  plugin=io.containerd.cri.v1.runtime
  if [[ $config_version == 2 || $containerd_version == 1.* ]]; then plugin=io.containerd.grpc.v1.cri; fi
  marked_block "$plugin" '' >"$work/block"
  if cmp -s "$work/block" "$work/own-block"; then
    has_handler before || fail config-refused "$config holds our handler $handler, and containerd does not see it"
    cp "$work/before.flat" "$work/after.flat"
    return 0
  fi
  # Outside a block of ours, a handler of this name is somebody else's.
  if [[ " ${own_handlers[*]} " != *" $handler "* ]] && has_handler before; then
    fail foreign-handler "containerd already has a handler $handler that Airlock did not write"
  fi
  cp "$work/base" "$work/candidate"
  # What an uninstallation has to know to leave the file as it was, byte for byte.
  if [[ -z $note && $config_version == 0 ]]; then
    hash_of "$work/base"
    note="# airlock:before no-file $REPLY"
    if [[ ! -d $ROOT${config%/*} ]]; then note="# airlock:before no-folder $REPLY"; fi
  fi
  # A last line without its end would run into our block.
  if [[ -s $work/candidate && -n $(tail -c 1 "$work/candidate") ]]; then
    printf '\n' >>"$work/candidate"
    note=${note:-'# airlock:before no-end'}
  fi
  marked_block "$plugin" "$note" >>"$work/candidate"
  dump_candidate
  has_handler after || fail config-refused "containerd $containerd_version does not see our handler in $config"
  other_difference
  if [[ -n $REPLY ]]; then
    fail config-refused "the change would alter more than our handler in the effective configuration: $REPLY"
  fi
  refuse_missing_imports
  edit_needed=1
}

# marked_block PLUGIN NOTE: the tables of our handler between its marks.
marked_block() {
  printf '%s\n' "# airlock:begin $runtime" ${2:+"$2"}
  handler_block "plugins.\"$1\".containerd.runtimes.$handler"
  printf '%s\n' "# airlock:end $runtime"
}
