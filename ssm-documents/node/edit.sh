# --- the guarded change of containerd's configuration: one marked block, in the file's version ---

# Not *.toml, because a root file that imports every *.toml in its folder would read the candidate twice.
candidate_name=.config.airlock-candidate
edit_needed='' own_handlers=() own_note='' own_last='' candidate_absent='' imported_folders=''

# Reads the file and splits it: $work/own-block has Airlock's block, $work/base the rest, and the dump `before` the
# effective configuration.
read_configuration() {
  local file=$ROOT$config
  if [[ -L $file ]]; then fail config-rejected "$config is a symbolic link; Airlock changes plain files only"; fi
  split_own_block "$file"
  if ((config_version == 0)); then
    own_base
    file=$work/base
  fi
  if ! dump "$file" before; then
    last_words
    fail config-rejected "containerd cannot read $config: $REPLY"
  fi
  read_sandbox_image before
}

# Without a file, containerd runs with its defaults. On 1.x a file with only Airlock's handler would lose them, so they
# are written into it, without the imports that 2.2 and newer print: nothing is imported if there is no file.
own_base() {
  if ! clean "$ROOT$containerd_binary" config default >"$work/default.toml" 2>"$work/err"; then
    last_words
    fail config-rejected "containerd config default: $REPLY"
  fi
  sed '/^imports = /d' "$work/default.toml" >"$work/base"
  say "there is no $config; its base is containerd's own default"
}

# split_own_block FILE: writes the file without Airlock's block to $work/base, and the block without its note to
# $work/own-block.
split_own_block() {
  local line inside='' seen='' handler_form='^ *\[plugins.*\.containerd\.runtimes\.([A-Za-z0-9-]+)\]$'
  own_handlers=() own_note='' own_last=''
  : >"$work/base"
  : >"$work/own-block"
  [[ -f $1 ]] || return 0
  while IFS= read -r line; do
    if [[ $line == "# airlock:begin $runtime" ]]; then
      if [[ -n $seen ]]; then fail config-rejected "$config has two blocks '$line'"; fi
      inside=1 seen=1
    elif [[ -n $line ]]; then
      own_last=''
    fi
    if [[ -n $inside ]]; then
      if [[ $line == '# airlock:before '* ]]; then own_note=$line; else printf '%s\n' "$line" >>"$work/own-block"; fi
      if [[ $line =~ $handler_form ]]; then own_handlers+=("${BASH_REMATCH[1]}"); fi
    fi
    if [[ $line == "# airlock:end $runtime" ]]; then
      if [[ -z $inside ]]; then fail config-rejected "$config has '$line' without its begin"; fi
      inside='' own_last=1
    fi
  done < <(cat "$1" && printf '\n')
  if [[ -n $inside ]]; then fail config-rejected "$config has '# airlock:begin $runtime' without its end"; fi
  if [[ -n $seen ]]; then
    sed "/^# airlock:begin $runtime\$/,/^# airlock:end $runtime\$/d" "$1" >"$work/base"
  else
    cp "$1" "$work/base"
  fi
}

# The candidate is in the file's folder, so that relative imports resolve the same, and is deleted at once.
dump_candidate() {
  local candidate=${config%/*}/$candidate_name failed=''
  candidate=$ROOT$candidate
  # A missing directory is not created before the change is certain.
  if [[ ! -f $ROOT$config ]]; then candidate=$work/candidate.toml; fi
  require_writable "${candidate%/*}"
  if [[ -z $candidate_absent ]]; then cp "$work/candidate" "$candidate"; fi
  dump "$candidate" after || failed=1
  rm -f "$candidate"
  if [[ -n $failed ]]; then
    last_words
    fail config-rejected "containerd cannot read $config with Airlock's change: ${REPLY//"$candidate"/the candidate}"
  fi
}

# Leaves in REPLY the first different line of the two dumps outside Airlock's handlers; empty if there is none.
other_difference() {
  local name
  local -a ours=()
  for name in "$handler" "${own_handlers[@]}"; do
    handler_table after "$name"
    ours+=(-e "$REPLY|" -e "$REPLY.options|")
  done
  # 1.7 lists the file itself among the imports.
  REPLY=$(comm -3 "$work/before.flat" "$work/after.flat" | sed 's/^\t//' | grep -vE '^\|imports = ' |
    grep -vF "${ours[@]}" | head -n 1 || true)
  # A value can be a registry's password, and the reason of a failure is published in the cluster.
  REPLY=${REPLY%% = *}
}

# imported_files DUMP: leaves in REPLY the files that the configuration imports, and in imported_folders the folders of
# import patterns, one per line. A dump lists nested imports too.
imported_files() {
  local text entry file quoted=$'["\']([^"\']+)["\'](.*)$'
  text=$(grep -m 1 '^|imports = ' "$work/$1.flat" || true)
  REPLY='' imported_folders=''
  while [[ $text =~ $quoted ]]; do
    entry=${BASH_REMATCH[1]} text=${BASH_REMATCH[2]}
    if [[ $entry != /* ]]; then entry=${config%/*}/$entry; fi
    if [[ $entry != *[*]* ]]; then
      # 1.x lists the root file itself.
      if [[ $entry != "$config" && $entry != *"/$candidate_name" && $entry != "${work#"$ROOT"}"/* ]]; then REPLY+=$entry$'\n'; fi
      continue
    fi
    imported_folders+=${entry%/*}$'\n'
    while IFS= read -r file; do
      if [[ $file != "$ROOT$config" ]]; then REPLY+=${file#"$ROOT"}$'\n'; fi
    done < <(compgen -G "$ROOT$entry" || true)
  done
}

# Leaves in REPLY why containerd does not see the file's content, if an import is the reason.
hiding_import() {
  local file names='' file_version
  imported_files "$1"
  while IFS= read -r file; do
    if [[ -f $ROOT$file ]] && grep -qE '^[[:space:]]*\[.*(io\.containerd\.(grpc\.v1\.cri|cri\.v1))' "$ROOT$file"; then
      file_version=$(sed -nE 's/^[[:space:]]*version[[:space:]]*=[[:space:]]*([0-9]+).*/\1/p' "$ROOT$file" | head -n 1)
      names+="${names:+, }$file (version ${file_version:-not given})"
    fi
  done <<<"$REPLY"
  REPLY=''
  if [[ -n $names ]]; then REPLY=" (version $config_version): $names, which it imports, replaces its CRI section"; fi
}

# Puts the planned configuration in place. Once the journal is written, a killed run can be finished or undone.
apply_edit() {
  local file=$ROOT$config candidate current
  candidate=${file%/*}/$candidate_name
  public mkdir -p "${file%/*}"
  hash_of "$file"
  current=$REPLY
  # If a killed run had already changed the file, the copy from before that is kept.
  if [[ $config_state != edited ]]; then
    config_sha_before=$current config_existed=''
    if [[ -f $file ]]; then
      config_existed=1
      cp -p "$file" "$state/config-before.toml"
      sync "$state/config-before.toml"
    fi
  fi
  config_sha_after=none
  if [[ -z $candidate_absent ]]; then
    # The content is replaced, not the file: owner and mode stay as they were. A file that Airlock creates contains only
    # containerd's defaults.
    if [[ -f $file ]]; then cp -p "$file" "$candidate"; else public touch "$candidate"; fi
    cat "$work/candidate" >"$candidate"
    sync "$candidate"
    hash_of "$candidate"
    config_sha_after=$REPLY
  fi
  write_journal edited
  hash_of "$file"
  if [[ $REPLY != "$current" ]]; then fail config-rejected "something else changed $config in the meantime"; fi
  if [[ -n $candidate_absent ]]; then rm -f "$file"; else mv -f "$candidate" "$file"; fi
  config_state=edited
  step 'configuration changed'
}

# Restores the old configuration. Returns 1 with the reason in REPLY if that fails.
restore_config() {
  local file=$ROOT$config back
  rm -f "${file%/*}/$candidate_name"
  [[ $config_state == edited ]] || return 0
  hash_of "$file"
  if [[ $REPLY != "$config_sha_after" ]]; then
    REPLY="something else changed $config in the meantime"
    return 1
  fi
  if [[ -z $config_existed ]]; then
    rm -f "$file"
  else
    back=${file%/*}/$candidate_name
    cp -p "$state/config-before.toml" "$back" && sync "$back" || return 1
    hash_of "$back"
    if [[ $REPLY != "$config_sha_before" ]]; then
      rm -f "$back"
      REPLY="the copy of $config from before is damaged"
      return 1
    fi
    mv -f "$back" "$file"
  fi
  step 'configuration put back'
}
