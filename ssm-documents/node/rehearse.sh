# --- the rehearsal: a second containerd starts with the candidate before the real one is restarted ---

pending=''

# Runs in separate namespaces. Its containerd sees /etc, its binary with libraries, and the files in its configuration,
# but an empty /run and /var, no network, no other socket on the node, and no program to start.
rehearse_inside() {
  local new=$1 config=$2 candidate=$3 socket=$4 files=$5 binary=$6 file i
  shift 6
  mount -t tmpfs -o size=64m,mode=755 tmpfs "$new"
  mkdir "$new"/{dev,etc,proc,run,sys,tmp,var,.upper,.work}
  ln -s ../run "$new/var/run"
  # What it writes there disappears with it.
  mount -t overlay -o "noexec,nosuid,nodev,lowerdir=/etc,upperdir=$new/.upper,workdir=$new/.work" overlay "$new/etc" ||
    mount -o bind,ro /etc "$new/etc"
  mount -t proc proc "$new/proc"
  mount --rbind /sys "$new/sys"
  # The node's addresses do not exist here, but a configuration can contain one.
  for file in "$new"/proc/sys/net/ipv[46]/ip_nonlocal_bind; do echo 1 >"$file" || :; done
  while IFS= read -r file; do
    if [[ $file == /etc/* || ! -f $file ]]; then continue; fi
    mkdir -p "$new${file%/*}"
    cp -p "$file" "$new$file"
  done <<<"$files"
  while IFS= read -r file; do
    mkdir -p "$new${file%/*}"
    : >"$new$file"
    mount --bind "$file" "$new$file"
  done < <(printf '%s\n' /dev/null "$binary" && { ldd "$binary" | grep -oE '/[^ ]+ \(0x' | cut -d ' ' -f 1 || :; })
  mkdir -p "$new${config%/*}"
  rm -f "$new$config"
  if [[ -n $candidate ]]; then cp -p "$candidate" "$new$config"; fi
  env -i PATH="$PATH" chroot "$new" "$binary" "$@" --log-level info >"$new/log" 2>&1 &
  for ((i = 0; i < 300; i++)); do
    if [[ -S $new$socket ]] && ctr -a "$new$socket" plugins ls 2>/dev/null; then break; fi
    kill -0 $! || break
    sleep 0.03
  done
  if grep -q '^containerd: ' "$new/log" && ! grep -q 'starting containerd' "$new/log"; then echo unread; fi
  # The first plugin that failed causes the others to fail.
  { tail -n 1 "$new/log" && grep -m 1 'failed to load plugin.*cri' "$new/log"; grep '^containerd: ' "$new/log"; } >&2
}

# rehearse DUMP FILE: whether containerd starts with the file (none: without one) as it runs now; otherwise leaves the
# reason in REPLY. Returns 2 if it cannot read its configuration, and 3 if the rehearsal itself may be the reason.
rehearse() {
  local files word skip='' inside=$work/rehearsal
  local -a given=()
  mkdir -p "$inside"
  files=$(grep -oE "[\"']/[^\"']+[\"']" "$work/$1.toml" | tr -d "\"'" | sort -u || true)
  imported_files "$1"
  files+=$'\n'$REPLY
  # The rehearsal sets a log level, and containerd accepts only one.
  for word in "${containerd_words[@]:1}"; do
    if [[ -n $skip ]]; then
      skip=''
    elif [[ $word =~ ^--?(l|log-level)(=.*)?$ ]]; then
      if [[ -z ${BASH_REMATCH[2]} ]]; then skip=1; fi
    else
      given+=("$word")
    fi
  done
  # It ends even if this script is killed.
  clean timeout -s KILL 30 unshare --mount --net --ipc --pid --fork --kill-child \
    bash -ec "$(declare -f rehearse_inside); rehearse_inside \"\$@\"" rehearsal "$inside" "$config" "$2" "$socket" "$files" \
    "$ROOT$containerd_binary" "${given[@]}" >"$work/rehearsed" 2>"$work/err" || true
  cri_states <"$work/rehearsed"
  if [[ $REPLY == "$cri_before" ]]; then
    say 'a second containerd came up'
    return 0
  fi
  last_words
  if grep -qx unread "$work/rehearsed"; then return 2; fi
  # A snapshotter may need a disk or daemon that only the real containerd has.
  if [[ ! $REPLY =~ error=|^containerd:\  || $REPLY =~ snapshotter|route|address|required\ plugin ]]; then return 3; fi
  shorten_line
  return 1
}

# Determines the side effects of a restart, and fails if the restart would fail. Changes nothing.
plan_restart() {
  local candidate=$ROOT$config status=0 reason
  if [[ -z $edit_needed && -z $restart_owed ]]; then return 0; fi
  read_bound_units
  read_pending
  if [[ -n $edit_needed ]]; then candidate=$work/candidate; fi
  if [[ -n $candidate_absent ]]; then candidate=''; fi
  rehearse after "$candidate" || status=$?
  reason=$REPLY
  if ((status == 2)); then fail config-rejected "containerd would not start again with $config: $reason"; fi
  if ((status > 0)) && [[ -n $pending ]]; then
    fail config-rejected "$pending changed after containerd started, and a containerd that starts with it does not come up: $reason"
  fi
  if ((status == 1)); then fail config-rejected "containerd would not come up again with $config: $reason"; fi
  # The daemon already runs with this file, and the dumps show what Airlock changes in it.
  if ((status == 3)); then say "containerd could not be tried out: $reason"; fi
  if [[ -n $pending ]]; then side_effects="also loaded: $pending"; fi
  if ((${#bound_units[@]} > 0)); then side_effects+="${side_effects:+; }also restarted: ${bound_units[*]}"; fi
}

# Leaves in pending what changed after the daemon started and takes effect with the restart too.
read_pending() {
  local file
  local -a paths=()
  # A change by a killed run of Airlock does not count as pending.
  if [[ ! -f $ROOT$config ]]; then
    paths+=("$ROOT${config%/*}")
  elif [[ $config_state != edited ]]; then
    paths+=("$ROOT$config")
  fi
  imported_files before
  while IFS= read -r file; do
    if [[ -n $file ]]; then paths+=("$ROOT$file"); fi
  done < <(printf '%s\n' "$REPLY" "$imported_folders" && sed -nE "s/.*base_runtime_spec = [\"'](.+)[\"']/\1/p" "$work/before.flat")
  newer_than_containerd "${paths[@]}"
  pending=$REPLY
  if [[ ! $ROOT/proc/$containerd_pid/exe -ef $ROOT$containerd_binary ]]; then pending+=${pending:+ }$containerd_binary; fi
  # Only the unit's files define the variables in its command line.
  if [[ $containerd_start != *\$* ]]; then return 0; fi
  paths=()
  while IFS= read -r file; do paths+=("$ROOT$file"); done < <(clean systemctl show containerd.service -p EnvironmentFiles -p DropInPaths \
    -p FragmentPath | grep -oE '/[^ ]+')
  newer_than_containerd "${paths[@]}"
  if [[ -n $REPLY ]]; then
    fail config-rejected "$REPLY changed after containerd started, and its command line has variables ($containerd_start); restart containerd first"
  fi
}

# Leaves in REPLY the paths that changed since the daemon created its socket.
newer_than_containerd() {
  REPLY=''
  if (($# == 0)); then return 0; fi
  REPLY=$(find -L "$@" -maxdepth 0 -newercm "$ROOT$socket" 2>/dev/null | sort -u | tr '\n' ' ' || true)
  REPLY=${REPLY% }
  REPLY=${REPLY//"$ROOT/"//}
}
