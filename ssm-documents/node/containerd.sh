# --- containerd: which binary and file are really used ---

containerd_binary='' containerd_kill_mode='' containerd_active='' containerd_restarts='' containerd_pid=''
config='' unit_config=''
containerd_seconds=60

show_containerd() {
  local line words option='(^| )(-c|--?config)[ =]([^ ]+)'
  containerd_active='' containerd_restarts='' containerd_pid=''
  while IFS= read -r line; do
    case $line in
      LoadState=loaded) containerd_binary=${containerd_binary:-/usr/bin/containerd} ;;
      ActiveState=*) containerd_active=${line#*=} ;;
      KillMode=*) containerd_kill_mode=${line#*=} ;;
      NRestarts=*) containerd_restarts=${line#*=} ;;
      MainPID=*) containerd_pid=${line#*=} ;;
      ExecStart=*'argv[]='*)
        words=${line#*'argv[]='}
        words=${words%%' ;'*}
        containerd_binary=${words%% *}
        unit_config=/etc/containerd/config.toml
        if [[ $words =~ $option ]]; then unit_config=${BASH_REMATCH[3]}; fi
        ;;
    esac
  done < <(clean systemctl show containerd.service -p LoadState -p ActiveState -p KillMode -p NRestarts -p MainPID -p ExecStart)
}

# Reads what there is before anything is touched. It waits for containerd, which may still be starting.
read_containerd() {
  local deadline line
  tick
  deadline=$((uptime + containerd_seconds))
  unit_config=''
  while show_containerd && [[ $containerd_active != active ]] && tick && ((uptime < deadline)) && [[ -n $containerd_binary ]]; do
    # A failed unit does not come back by itself.
    if [[ $containerd_active == failed ]]; then break; fi
    sleep 0.2
  done
  if [[ -z $containerd_binary ]]; then
    fail bootstrap-failed 'there is no containerd.service; a containerd that k3s or RKE2 embeds is not supported'
  fi
  line=$(clean "$ROOT$containerd_binary" --version) || fail bootstrap-failed "$containerd_binary --version failed"
  [[ $line =~ [\ v]([0-9]+\.[0-9]+\.[0-9]+) ]] || fail bootstrap-failed "containerd does not tell its version: $line"
  containerd_version=${BASH_REMATCH[1]}
  if [[ $containerd_active != active ]]; then
    fail bootstrap-failed "containerd.service is ${containerd_active:-unknown} before Airlock touched anything"
  fi
  if [[ $containerd_kill_mode != process ]]; then
    fail config-refused "containerd.service has KillMode=$containerd_kill_mode: a restart would end the containers of this node"
  fi
  config=$unit_config
  read_config_version
}

# The version line stands before the first table. Without one containerd 1.x assumes 1.
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
