# --- the node's own bootstrap: what is changed before it ends may be overwritten by it ---

bootstrap_seconds=600
kubelet_seconds=90

wait_for_bootstrap() {
  wait_for_cloud_init
  wait_for_kubelet
}

wait_for_cloud_init() {
  local status=0
  command -v cloud-init >/dev/null || return 0
  clean timeout "$bootstrap_seconds" cloud-init status --wait >"$work/err" 2>&1 || status=$?
  case $status in
    # 2 is "done, with warnings"; newer releases return it for a deprecated key in the user data.
    0 | 2) ;;
    124) fail bootstrap-failed "cloud-init was not done after $bootstrap_seconds s" ;;
    *)
      last_words
      fail bootstrap-failed "cloud-init status --wait ended with $status: $REPLY"
      ;;
  esac
}

# Bootstrap scripts write containerd's configuration before they start the kubelet.
wait_for_kubelet() {
  local unit line load active deadline
  tick
  deadline=$((uptime + kubelet_seconds))
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
      if ((uptime >= deadline)); then fail bootstrap-failed "$unit is $active after $kubelet_seconds s"; fi
      sleep 0.2
    done
  done
}
