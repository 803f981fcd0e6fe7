# --- containerd: the daemon, and the binary, file and socket that it really uses ---

containerd_binary='' containerd_kill_mode='' containerd_active='' containerd_restarts='' containerd_pid='' containerd_start=''
containerd_words=() config='' socket=''

show_containerd() {
  local line
  containerd_active='' containerd_restarts='' containerd_pid='' containerd_start=''
  while IFS= read -r line; do
    case $line in
      ActiveState=*) containerd_active=${line#*=} ;;
      KillMode=*) containerd_kill_mode=${line#*=} ;;
      NRestarts=*) containerd_restarts=${line#*=} ;;
      MainPID=*) containerd_pid=${line#*=} ;;
      ExecStart=*'argv[]='*)
        containerd_start=${line#*'argv[]='}
        containerd_start=${containerd_start%%' ;'*}
        ;;
    esac
  done < <(clean systemctl show containerd.service -p ActiveState -p KillMode -p NRestarts -p MainPID -p ExecStart)
}

# words_of PID: leaves the words of a running process in the array words, with environment variables and files already
# expanded.
words_of() {
  words=()
  mapfile -d '' -t words 2>/dev/null <"$ROOT/proc/$1/cmdline" || true
}

# flag WORD… -- NAME…: leaves in REPLY the value of the last of these flags among the words, in Go's forms: -c X,
# --config X, --config=X.
flag() {
  local word names='' next='' form='^--?([a-z-]+)(=(.*))?$'
  local -a given=()
  while [[ $1 != -- ]]; do given+=("$1") && shift; done
  names=" ${*:2} "
  REPLY=''
  for word in "${given[@]:1}"; do
    if [[ -n $next ]]; then
      REPLY=$word next=''
    elif [[ $word =~ $form && $names == *" ${BASH_REMATCH[1]} "* ]]; then
      if [[ -n ${BASH_REMATCH[2]} ]]; then REPLY=${BASH_REMATCH[3]}; else next=1; fi
    fi
  done
}

# Reads containerd's state before any change. Waits for containerd, which may still be starting.
read_containerd() {
  local deadline line known=$config known_restarts=''
  patience 90
  deadline=$((uptime + REPLY))
  while show_containerd && [[ $containerd_active != active && -n $containerd_start ]] && tick && ((uptime < deadline)); do
    # A failed unit does not recover by itself, nor does a daemon that keeps crashing.
    if [[ $containerd_active == failed ]] || ((containerd_restarts >= ${known_restarts:=$containerd_restarts} + 3)); then break; fi
    sleep 0.2
  done
  if [[ -z $containerd_start ]]; then
    fail bootstrap-failed 'there is no containerd.service; the containerd embedded in k3s or RKE2 is not supported'
  fi
  if [[ $containerd_active != active ]]; then
    read_log containerd.service
    fail bootstrap-failed "containerd.service is ${containerd_active:-unknown} before Airlock changed anything${REPLY:+: $REPLY}"
  fi
  read_process
  line=$(clean "$ROOT$containerd_binary" --version) || fail bootstrap-failed "$containerd_binary --version failed"
  [[ $line =~ [\ v]([0-9]+\.[0-9]+\.[0-9]+) ]] || fail bootstrap-failed "containerd.service runs $containerd_binary, which does not report its version: $line"
  containerd_version=${BASH_REMATCH[1]}
  if [[ $containerd_kill_mode != process ]]; then
    fail config-rejected "containerd.service has KillMode=$containerd_kill_mode: a restart would end the containers of this node"
  fi
  if [[ -n ${journal_stage:-} && $known != "$config" ]]; then
    line=$config config=$known
    fail config-rejected "containerd reads $line now, and the run that was killed had changed $known"
  fi
  command -v ctr >/dev/null || fail tool-missing "ctr, which comes with containerd and is needed for every check of it, is not on the node"
  read_config_version
}

# Reads the daemon's command line from the process, because the unit's can contain variables and can have changed since.
read_process() {
  local words
  words_of "$containerd_pid"
  containerd_words=("${words[@]}")
  containerd_binary=$(readlink "$ROOT/proc/$containerd_pid/exe") || fail bootstrap-failed "containerd.service has no process $containerd_pid"
  containerd_binary=${containerd_binary#"$ROOT"}
  # If a package has replaced the binary since, the new one starts next.
  containerd_binary=${containerd_binary%' (deleted)'}
  flag "${words[@]}" -- config c
  config=${REPLY:-/etc/containerd/config.toml}
  if [[ $config != /* || $config == *[\$\"\'\\[:space:]]* ]]; then
    fail config-rejected "containerd runs with the configuration $config; Airlock accepts only an absolute path without \$, quotes and spaces"
  fi
  if [[ $containerd_start != *[\$\"\'\\]* && $ROOT${containerd_start%% *} -ef $ROOT$containerd_binary && $containerd_start != "${words[*]}" ]]; then
    fail config-rejected "containerd.service would start '$containerd_start', and runs '${words[*]}'; restart it first"
  fi
}

# Leaves the daemon's socket in socket, from its command line or the dump $1, and fails if the kubelet uses another.
read_socket() {
  flag "${containerd_words[@]}" -- address a
  socket=$REPLY
  if [[ -z $socket ]]; then
    value_of "$1" grpc address || value_of "$1" plugins.io.containerd.server.v1.grpc address || true
    socket=${REPLY:-/run/containerd/containerd.sock}
  fi
  export CONTAINERD_ADDRESS=$ROOT$socket
  read_endpoint
  if [[ -n $REPLY && $REPLY != "$socket" && ! $ROOT$REPLY -ef $ROOT$socket ]]; then
    fail config-rejected "the kubelet uses $REPLY, but containerd.service serves $socket: Airlock only changes the containerd of containerd.service"
  fi
}

# The version line comes before the first table. Without one, containerd 1.x assumes 1.
read_config_version() {
  local line form='^[[:space:]]*version[[:space:]]*=[[:space:]]*([0-9]+)'
  config_version=0
  [[ -f $ROOT$config ]] || return 0
  config_version=1
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ $form ]]; then
      config_version=${BASH_REMATCH[1]}
      break
    fi
    if [[ $line =~ ^[[:space:]]*\[ ]]; then break; fi
  done <"$ROOT$config"
}
