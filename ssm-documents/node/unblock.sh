# --- our block: what an uninstallation takes out again ---

# Makes the configuration without our block, lets containerd read it and compares. Changes nothing.
plan_removal() {
  local name
  if [[ ! -s $work/own-block ]]; then
    find_unmarked
    if ((${#own_handlers[@]} == 0)); then
      if has_handler before; then
        fail handler-conflict "containerd has a handler $handler, and nothing in $config shows that it is Airlock's; take it out by hand"
      fi
      return 0
    fi
    cut_tables
  fi
  handler=${own_handlers[0]:-$handler}
  compose_removal
  dump_candidate
  other_difference
  # The base that an installation wrote if there was no file is kept if this containerd has other defaults by now.
  if [[ -n $REPLY && -n $candidate_absent ]]; then
    candidate_absent=''
    dump_candidate
    other_difference
  fi
  if [[ -n $REPLY ]]; then
    fail config-rejected "without our block more than our handler would change in the effective configuration: $REPLY"
  fi
  for name in "${own_handlers[@]}"; do
    handler=$name
    if has_handler after; then
      fail config-rejected "containerd would still have a handler $name, which something beside our block in $config names"
    fi
  done
  if grep -qF -e "|default_runtime_name = \"$handler\"" -e "|default_runtime_name = '$handler'" "$work/after.flat"; then
    fail config-rejected "$config names $handler as the default of every pod; change that first"
  fi
  edit_needed=1
}

# Another tool can have written the file again without our marks. Then our handlers are those that name our files.
find_unmarked() {
  local line form='\.runtimes\.([A-Za-z0-9-]+)(\.options)?\|(.*)$'
  installed_release
  if [[ -z $REPLY ]]; then return 0; fi
  while IFS= read -r line; do
    if [[ $line =~ $form && ${BASH_REMATCH[3]//[\"\']/} == "$own_pointer" ]]; then own_handlers+=("${BASH_REMATCH[1]}"); fi
  done <"$work/before.flat"
}

# Takes the tables of our handlers out of $work/base. Comments before the table that follows belong to that.
cut_tables() {
  local line form names inside='' held=''
  printf -v names '%s|' "${own_handlers[@]}"
  form="^[[:space:]]*\\[.*[.\"']runtimes[\"']?\\.[\"']?(${names%|})[\"']?(\\.[^]]*)?\\]"
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ $form ]]; then
      inside=1 held=''
    elif [[ $line =~ ^[[:space:]]*\[ ]]; then
      printf '%s' "$held"
      inside='' held=''
    elif [[ -n $inside && ! $line =~ ^[[:space:]]*(#|$) ]]; then
      held=''
    fi
    if [[ -z $inside ]]; then
      printf '%s\n' "$line"
    elif [[ $line =~ ^[[:space:]]*(#|$) ]]; then
      held+=$line$'\n'
    fi
  done <"$work/base" >"$work/cut"
  mv "$work/cut" "$work/base"
}

# Our note says what our block had to change besides: a line without its end, no file, or not even its folder. If another block of ours stays, the
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
