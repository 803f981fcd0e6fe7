# --- the node's own bootstrap, which may overwrite earlier changes ---

wait_for_bootstrap() {
  wait_for_cloud_init
  wait_for_kubelet
}

wait_for_cloud_init() {
  local status=0 seconds
  command -v cloud-init >/dev/null || return 0
  patience 120
  seconds=$REPLY
  clean timeout "$seconds" cloud-init status --wait >"$work/err" 2>&1 || status=$?
  case $status in
    # 2 is "done, with warnings"; newer versions return it for a deprecated key in the user data.
    0 | 2) ;;
    124) fail bootstrap-failed "cloud-init was not done after $seconds s" ;;
    *)
      read_cloud_init
      fail bootstrap-failed "cloud-init status --wait ended with $status: $REPLY"
      ;;
  esac
}

# Leaves in REPLY what failed: each module with its error, as cloud-init lists them at its end, or the status.
read_cloud_init() {
  local text form='"errors": \[ ?"(.*)" ?\]'
  text=$(tr -s '[:space:]' ' ' <"$ROOT/run/cloud-init/result.json" 2>/dev/null || true)
  if [[ $text =~ $form ]]; then
    REPLY=${BASH_REMATCH[1]//'", "'/; }
    REPLY=${REPLY:0:300}
  else
    last_words
  fi
}

# Bootstrap scripts write containerd's configuration before they start the kubelet.
wait_for_kubelet() {
  local unit line load active deadline
  patience 90
  deadline=$((uptime + REPLY))
  for unit in snap.kubelet-eks.daemon.service kubelet.service; do
    while :; do
      load='' active=''
      while IFS= read -r line; do
        case $line in
          LoadState=*) load=${line#*=} ;;
          ActiveState=*) active=${line#*=} ;;
        esac
      done < <(clean systemctl show "$unit" -p LoadState -p ActiveState)
      if [[ $load != loaded || $active == active ]]; then break; fi
      tick
      if ((uptime >= deadline)); then
        read_log "$unit"
        fail bootstrap-failed "$unit is $active when its time is up${REPLY:+: $REPLY}"
      fi
      sleep 0.2
    done
  done
}
