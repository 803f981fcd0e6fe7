# --- what a unit's programs log about their failure ---

log_mark=''

# Marks the point from which a unit's lines count.
mark_log() { log_mark=$(clean journalctl -q -n 0 --show-cursor 2>/dev/null | sed -n 's/^-- cursor: //p' || true); }

# read_log UNIT: leaves in REPLY the log line with the reason why the unit's program fails, if there is one. Among
# containerd's plugins, the first failure causes the others.
read_log() {
  local lines
  clean timeout 10 journalctl --sync 2>/dev/null || true
  lines=$(clean timeout 10 journalctl -q -o cat -n 500 ${log_mark:+"--after-cursor=$log_mark"} -u "$1" _TRANSPORT=stdout 2>/dev/null || true)
  REPLY=$(grep -m 1 'failed to load plugin.*cri' <<<"$lines" ||
    grep -E "^(${1%.service}: |[EF][0-9]{4} )|level=(error|fatal)" <<<"$lines" | tail -n 1 || true)
  shorten_line
}

# Shortens a daemon's log line in REPLY, which may be truncated, to the reason.
shorten_line() {
  local form='(error|err|msg)="(([^"\\]|\\.)*)' rest=$REPLY
  while [[ $rest =~ $form ]]; do
    REPLY=${BASH_REMATCH[2]//\\\"/\"}
    if [[ ${BASH_REMATCH[1]} != msg ]]; then break; fi
    rest=${rest#*"${BASH_REMATCH[0]}"}
  done
  REPLY=${REPLY:0:300}
}
