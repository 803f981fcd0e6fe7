# --- the time that a run has ---

limit=0

# The command says how many seconds are left to the node; one that a person sends can leave it out.
begin_time() {
  local seconds=${SSM_Seconds:-}
  if [[ ! $seconds =~ ^[1-9][0-9]{0,4}$ ]]; then seconds=900; fi
  tick
  limit=$((uptime + seconds))
}

# patience SECONDS: leaves in REPLY how long something that others have to do may be waited for: until what comes after it, which takes so
# many seconds, would be late. At least half of what is left.
patience() {
  local left
  tick
  left=$((limit > uptime ? limit - uptime : 1))
  REPLY=$((left > 2 * $1 ? left - $1 : (left + 1) / 2))
}
