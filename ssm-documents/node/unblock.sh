# --- our block: what an uninstallation takes out again ---

# Makes the configuration without our block, lets containerd read it and compares. Changes nothing.
plan_removal() {
  read_configuration
  if [[ ! -s $work/own-block ]]; then return 0; fi
  handler=${own_handlers[0]:-$handler}
  compose_removal
  dump_candidate
  other_difference
  # The base that an installation wrote where there was no file is kept where this containerd has other defaults by now.
  if [[ -n $REPLY && -n $candidate_absent ]]; then
    candidate_absent=''
    dump_candidate
    other_difference
  fi
  if [[ -n $REPLY ]]; then
    fail config-refused "without our block more than our handler would change in the effective configuration: $REPLY"
  fi
  if has_handler after; then
    fail config-refused "containerd would still have a handler $handler, which something beside our block in $config names"
  fi
  if grep -qF -e "|default_runtime_name = \"$handler\"" -e "|default_runtime_name = '$handler'" "$work/after.flat"; then
    fail config-refused "$config names $handler as the default of every pod; change that first"
  fi
  refuse_missing_imports
  edit_needed=1
}

# Our note says what our block had to change besides: a line without its end, no file, or not even its folder. Where another block of ours stays, the
# note goes over to that one.
compose_removal() {
  cp "$work/base" "$work/candidate"
  if [[ -z $own_note ]]; then return 0; fi
  if grep -q '^# airlock:begin ' "$work/base"; then
    sed "0,/^# airlock:begin .*/s//&\n$own_note/" "$work/base" >"$work/candidate"
  elif [[ $own_note == *' no-end' ]]; then
    # Whoever wrote behind our block since needs the end of the line before it.
    if [[ -n $own_last ]]; then head -c -1 "$work/base" >"$work/candidate"; fi
  else
    hash_of "$work/base"
    if [[ $own_note == *" $REPLY" ]]; then candidate_absent=1; fi
  fi
}
