# --- the result line ---

outcome='' detail='' handler='' sha256='' config_state=untouched restarts=0 sandbox_image='' evidence='' side_effects='' host_json='' sandboxes_json=''
died_at='' last_step='' locked='' phase_name='' phase_start=0 uptime=0 centiseconds=0 phase_order=()
declare -A phase_ms=()

say() { printf '%(%Y-%m-%dT%H:%M:%SZ)T %s\n' -1 "$*"; }

# Marks a boundary at which a run can be killed, and the next one must recover.
step() {
  last_step=$1
  say "step: $1"
}

# tick: leaves the seconds since boot in uptime. The time of day jumps when a new node's clock is set.
tick() {
  read -r uptime _ <"$ROOT/proc/uptime"
  centiseconds=${uptime/./}
  uptime=${uptime%.*}
}

# Ends the current phase and begins the next; an empty name only ends it.
phase() {
  tick
  if [[ -n $phase_name ]]; then
    local took=$(((10#$centiseconds - phase_start) * 10))
    if [[ -z ${phase_ms[$phase_name]:-} ]]; then phase_order+=("$phase_name"); fi
    phase_ms[$phase_name]=$((${phase_ms[$phase_name]:-0} + took))
  fi
  phase_name=$1 phase_start=$((10#$centiseconds))
  if [[ -n $1 ]]; then say "phase: $1"; fi
}

# json_text TEXT LONGEST: leaves a JSON string in REPLY.
json_text() {
  REPLY=${1//[[:space:]]/ }
  REPLY=${REPLY//[^ -~]/?}
  REPLY=${REPLY:0:$2}
  REPLY=${REPLY//\\/\\\\}
  REPLY="\"${REPLY//\"/\\\"}\""
}

# result_line LONGEST EXTRAS: leaves the result line in REPLY, with at most LONGEST characters of detail, and with the
# fields that only a success needs if EXTRAS is set.
result_line() {
  local line name phases=''
  line="{\"airlock\":1,\"verb\":\"$verb\",\"runtime\":\"$runtime\""
  json_text "$version" 40 && line+=",\"version\":$REPLY,\"outcome\":\"$outcome\""
  json_text "$detail" "$1" && line+=",\"detail\":$REPLY,\"handler\":\"$handler\",\"sha256\":\"$sha256\""
  if [[ -n $host_json ]]; then line+=",\"host\":$host_json"; fi
  line+=",\"config\":\"$config_state\",\"restarts\":$restarts"
  if [[ -n $2 && -n $sandbox_image ]]; then json_text "$sandbox_image" 200 && line+=",\"sandboxImage\":$REPLY"; fi
  if [[ -n $2 && -n $evidence ]]; then json_text "$evidence" 120 && line+=",\"evidence\":$REPLY"; fi
  if [[ -n $2 && -n $side_effects ]]; then json_text "$side_effects" 160 && line+=",\"sideEffects\":$REPLY"; fi
  if [[ -n $2 && -n $sandboxes_json ]]; then line+=",\"sandboxes\":$sandboxes_json"; fi
  for name in "${phase_order[@]}"; do phases+=",\"$name\":${phase_ms[$name]}"; done
  REPLY="$line,\"phases\":{${phases#,}}}"
}

# SSM keeps 1,215 bytes of each of two long streams, so the line stays below 1,200 bytes, whatever the detail and the
# log contain.
print_result() {
  local room=700 extras=1
  result_line "$room" "$extras"
  while ((${#REPLY} > 1190 && room > 0)); do
    if [[ -n $side_effects ]]; then
      side_effects=${side_effects:0:$((${#side_effects} > 40 ? ${#side_effects} - 40 : 0))}
    elif [[ -n $extras ]]; then
      extras=''
    else
      room=$((room - 50))
    fi
    result_line "$room" "$extras"
  done
  printf '%s\n' "$REPLY"
}

# fail OUTCOME DETAIL: ends the run; its changes are undone on exit.
fail() {
  outcome=$1 detail=$2
  say "failed: $1: $2"
  exit 1
}

succeed() {
  outcome=$1 detail=''
  exit 0
}

# Leaves the last line that a failed command wrote to $work/err in REPLY, for a detail.
last_words() {
  local line
  REPLY=''
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ -n ${line//[[:space:]]/} ]]; then REPLY=$line; fi
  done <"$work/err"
  REPLY=${REPLY:0:300}
}

# Runs a command without this run's descriptors: one that outlives the run must hold neither the lock nor the agent's
# pipe.
clean() { "$@" 3>&- 4>&- 8>&-; }

# Runs a command that creates world-readable files.
public() { (umask 022 && "$@"); }

on_exit() {
  local status=$?
  trap - ERR
  # An undo that is interrupted would leave the node between two states.
  trap '' TERM INT HUP
  set +eE
  if [[ -z $outcome ]]; then
    outcome=install-failed detail="the phase ${phase_name:-before the first} failed${last_step:+ after the step \"$last_step\"}: ${died_at:-a command} ended with status $status"
    if [[ -n $locked ]]; then blame_full_disk; fi
    say "failed: $detail"
  fi
  case $outcome in
    installed | already-installed | proven | uninstalled | inventoried) status=0 ;;
    *)
      # Not the command's own status, because the agent gives 137, 168, 169 and 194 a special meaning.
      status=1
      # Another run's changes must not be undone.
      if [[ -n $locked ]]; then undo; fi
      ;;
  esac
  phase ''
  if [[ -n $locked ]]; then rm -rf "$work"; fi
  print_result >&3
  exec 3>&- >&4 2>&4
  wait "$log_pid"
  exit "$status"
}

# Undoes changes; a verb that changes something replaces this.
undo() { :; }

trap 'died_at=${BASH_COMMAND:0:120}' ERR
trap on_exit EXIT
trap 'fail install-failed "the run received a signal to stop"' TERM INT HUP
