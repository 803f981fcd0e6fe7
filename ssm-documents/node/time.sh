# --- the time that a run has ---

limit=0

# The command's parameter has the seconds left for the node. A person who sends a command can omit it.
begin_time() {
  local seconds=${SSM_Seconds:-}
  if [[ ! $seconds =~ ^[1-9][0-9]{0,4}$ ]]; then seconds=900; fi
  tick
  limit=$((uptime + seconds))
}

# patience SECONDS: leaves in REPLY how long the run may wait for something, so that SECONDS are left for what follows.
# At least half of the time left.
patience() {
  local left
  tick
  left=$((limit > uptime ? limit - uptime : 1))
  REPLY=$((left > 2 * $1 ? left - $1 : (left + 1) / 2))
}
