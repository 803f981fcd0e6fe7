# --- the restart of containerd, and whether it answers afterwards as before ---

cri_before='' tasks_before='' restart_owed='' containerd_other='' bound_units=()

# Leaves the CRI plugins and their states in REPLY, one per line, from `ctr plugins ls`.
read_cri() { cri_states < <(clean timeout 20 ctr plugins ls 2>"$work/err"); }

cri_states() {
  local type id state_of
  REPLY=''
  while read -r type id _ state_of _; do
    case "$type $id" in
      'io.containerd.grpc.v1 cri' | io.containerd.cri.v1\ *) REPLY+="$type.$id $state_of"$'\n' ;;
    esac
  done
}

# Leaves the PIDs of Kubernetes' running tasks in REPLY.
read_tasks() {
  local pid status
  REPLY=''
  while read -r _ pid status _; do
    if [[ $status == RUNNING ]]; then REPLY+="$pid "; fi
  done < <(clean timeout 20 ctr -n k8s.io task ls 2>&1)
}

remember_containerd() {
  # A run that took over has containerd's earlier state from the journal.
  if [[ -n $cri_before ]]; then return 0; fi
  read_cri
  cri_before=$REPLY
  if [[ -z $cri_before ]]; then
    last_words
    fail config-rejected "containerd does not answer on $socket: ${REPLY:-ctr names no CRI plugin}"
  fi
  if [[ $cri_before != *'io.containerd.grpc.v1.cri ok'* ]]; then
    fail config-rejected "containerd's CRI plugin is not ok before Airlock changed anything: ${cri_before//$'\n'/, }"
  fi
  read_tasks
  tasks_before=$REPLY
}

# Restarts containerd and returns whether it answers as before; otherwise leaves the reason in REPLY.
restart_containerd() {
  local deadline reason
  restarts=$((restarts + 1))
  step 'restart containerd'
  mark_log
  # After repeated crashes, systemd would refuse the start that repairs containerd.
  clean systemctl reset-failed containerd.service 2>/dev/null || true
  if ! clean timeout 90 systemctl restart containerd.service 2>"$work/err"; then
    read_log containerd.service
    # Its second line only refers to other logs.
    REPLY="systemctl restart containerd failed: ${REPLY:-$(head -n 1 "$work/err")}"
    return 1
  fi
  restart_owed=''
  tick
  deadline=$((uptime + 30))
  while ! containerd_answers; do
    # A plugin that failed to load stays failed until the next start, and a serving daemon does not change by itself.
    tick
    if ((uptime >= deadline)) || [[ $containerd_active == failed || -n $containerd_other || $REPLY == *' error'* ]]; then
      reason=$REPLY
      read_log containerd.service
      REPLY=$reason${REPLY:+: $REPLY}
      return 1
    fi
    sleep 0.05
  done
  step 'containerd answers'
  if ((${#bound_units[@]} == 0)); then return 0; fi
  # These units restart together with containerd; a bound unit stays down if containerd failed in between.
  if ! clean timeout 90 systemctl start "${bound_units[@]}" 2>"$work/err"; then
    REPLY=$(head -n 1 "$work/err")
    REPLY="a unit that is bound to containerd did not come back: $REPLY"
    return 1
  fi
  step 'bound units are back'
}

# Leaves in bound_units the active units that systemd restarts with containerd, and those that it restarts with them.
# Fails if there is a unit that systemd stops and does not start again.
read_bound_units() {
  local line unit id active names stops
  local -A how=([containerd.service]=restart)
  local -a next=(containerd.service)
  bound_units=()
  while ((${#next[@]} > 0)); do
    id='' active='' names='' stops=''
    while IFS= read -r line; do
      case $line in
        Id=*) id=${line#*=} ;;
        ActiveState=*) active=${line#*=} ;;
        PropagatesStopTo=*) stops=${line#*=} ;;
        RequiredBy=* | RequisiteOf=* | BoundBy=* | ConsistsOf=*) names+=" ${line#*=}" ;;
        '')
          if [[ $active == inactive || $active == failed || -z $id ]]; then
            names='' stops=''
          elif [[ ${how[$id]:-} == stop ]]; then
            fail config-rejected "a restart of containerd would stop $id, and nothing starts it again (StopPropagatedFrom=)"
          elif [[ $id != containerd.service && $id != *.target ]]; then
            bound_units+=("$id")
          fi
          for unit in $names; do how[$unit]=${how[$unit]:-new}; done
          for unit in $stops; do how[$unit]=${how[$unit]:-newstop}; done
          id='' active='' names='' stops=''
          ;;
      esac
    done < <(clean systemctl show "${next[@]}" -p Id -p ActiveState -p RequiredBy -p RequisiteOf -p BoundBy -p ConsistsOf \
      -p PropagatesStopTo && echo)
    next=()
    for unit in "${!how[@]}"; do
      case ${how[$unit]} in
        new) how[$unit]=restart ;;
        newstop) how[$unit]=stop ;;
        *) continue ;;
      esac
      next+=("$unit")
    done
  done
}

containerd_answers() {
  local pid running reason
  local -a words
  containerd_other=''
  show_containerd
  if [[ $containerd_active != active ]]; then
    REPLY="containerd.service is $containerd_active"
    return 1
  fi
  words_of "$containerd_pid"
  if ((${#containerd_words[@]} > 0)) && [[ ${words[*]} != "${containerd_words[*]}" ]]; then
    if clean timeout 20 ctr plugins ls >/dev/null 2>&1; then containerd_other=1; fi
    REPLY="containerd ran as '${containerd_words[*]}' and runs as '${words[*]}'"
    return 1
  fi
  read_cri
  if [[ $REPLY != "$cri_before" ]]; then
    REPLY="the CRI plugins were ${cri_before//$'\n'/, }and are ${REPLY//$'\n'/, }"
    return 1
  fi
  read_tasks
  running=" $REPLY"
  for pid in $tasks_before; do
    # A container that ended by itself does not matter, but containerd must know every one that still runs.
    if [[ -d $ROOT/proc/$pid && $running != *" $pid "* ]]; then
      reason="the container with pid $pid still runs, but containerd no longer knows it"
      REPLY=$reason
      return 1
    fi
  done
}

# Called after the proof, because a daemon that keeps crashing can answer in between.
containerd_stayed() {
  local pid=$containerd_pid count=$containerd_restarts
  show_containerd
  [[ $containerd_active == active && $containerd_pid == "$pid" && $containerd_restarts == "$count" ]]
}
