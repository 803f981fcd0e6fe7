# --- Airlock's block: what an uninstallation removes ---

# Builds the configuration without Airlock's block, has containerd parse it, and compares. Changes nothing.
plan_removal() {
  local name
  if [[ ! -s $work/own-block ]]; then
    find_unmarked
    if ((${#own_handlers[@]} == 0)); then
      if has_handler before; then
        fail handler-conflict "containerd has a handler $handler, and nothing in $config shows that it is Airlock's; remove it by hand"
      fi
      return 0
    fi
    cut_tables
  fi
  handler=${own_handlers[0]:-$handler}
  compose_removal
  dump_candidate
  other_difference
  # If an installation wrote the defaults because there was no file, they are kept if this containerd now has other
  # defaults.
  if [[ -n $REPLY && -n $candidate_absent ]]; then
    candidate_absent=''
    dump_candidate
    other_difference
  fi
  if [[ -n $REPLY ]]; then
    fail config-rejected "without Airlock's block, more than its handler would change in the effective configuration: $REPLY"
  fi
  for name in "${own_handlers[@]}"; do
    handler=$name
    if has_handler after; then
      fail config-rejected "containerd would still have a handler $name, which is defined outside Airlock's block in $config"
    fi
  done
  if grep -qF -e "|default_runtime_name = \"$handler\"" -e "|default_runtime_name = '$handler'" "$work/after.flat"; then
    fail config-rejected "$config has $handler as the default of every pod; change that first"
  fi
  edit_needed=1
}

# Another tool may have rewritten the file without the marks. Then Airlock's handlers are those that refer to its files.
find_unmarked() {
  local line form='\.runtimes\.([A-Za-z0-9-]+)(\.options)?\|(.*)$'
  installed_release
  if [[ -z $REPLY ]]; then return 0; fi
  while IFS= read -r line; do
    if [[ $line =~ $form && ${BASH_REMATCH[3]//[\"\']/} == "$own_pointer" ]]; then own_handlers+=("${BASH_REMATCH[1]}"); fi
  done <"$work/before.flat"
}

# Removes the tables of Airlock's handlers from $work/base. Comments before the next table belong to that table.
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

# The block's note records what else the block changed: a last line without a line break, a missing file or a missing
# folder. If another Airlock block stays, it takes over the note.
compose_removal() {
  cp "$work/base" "$work/candidate"
  if [[ -z $own_note ]]; then return 0; fi
  if grep -q '^# airlock:begin ' "$work/base"; then
    sed "0,/^# airlock:begin .*/s//&\n$own_note/" "$work/base" >"$work/candidate"
  elif [[ $own_note == *' no-end' ]]; then
    # If something was appended after the block since, it needs the line break before it.
    if [[ -n $own_last ]]; then head -c -1 "$work/base" >"$work/candidate"; fi
  else
    hash_of "$work/base"
    if [[ $own_note == *" $REPLY" ]]; then candidate_absent=1; fi
  fi
}
