# --- signed packages from the node's own archive ---

# apt must not change these along with a package: containerd's package restarts containerd.
untouchable='^(Inst|Remv|Purg|Conf) (containerd|runc)[^ ]* '
missing_packages=()

# want PACKAGE PROGRAM…: has the package installed unless one of the programs exists.
want() {
  local program
  for program in "${@:2}"; do
    if command -v "$program" >/dev/null; then return 0; fi
  done
  missing_packages+=("$1")
}

# Runs apt-get and waits for its locks. Returns 1 with the reason in REPLY.
run_apt() {
  local left deadline seconds
  patience 60
  seconds=$REPLY
  deadline=$((uptime + seconds))
  while :; do
    tick
    left=$((deadline > uptime ? deadline - uptime : 0))
    if NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 DEBIAN_FRONTEND=noninteractive clean public timeout "$((left + 60))" apt-get -q -y \
      --no-install-recommends -o "DPkg::Lock::Timeout=$left" -o Dpkg::Options::=--force-confold "$@" \
      >"$work/apt" 2>"$work/err"; then
      return 0
    fi
    refuse_full_disk /var/lib/dpkg
    # apt does not wait for every lock by itself.
    if ! grep -qE 'Could not get lock|Unable to (acquire|lock)' "$work/err"; then break; fi
    tick
    if ((uptime >= deadline)); then
      last_words
      fail package-lock-timeout "waited $seconds s: $REPLY"
    fi
    sleep 1
  done
  last_words
  return 1
}

# plan_packages PACKAGE…: checks that apt can install them without changing containerd. Changes nothing.
plan_packages() {
  local line
  if ! run_apt -s install "$@"; then
    # An image may lack the archive's package lists.
    step 'apt-get update'
    run_apt update || fail tool-missing "$* cannot be installed: apt-get update: $REPLY"
    run_apt -s install "$@" || fail tool-missing "$* cannot be installed: $REPLY"
  fi
  line=$(grep -m 1 -E "$untouchable" "$work/apt" || true)
  if [[ -n $line ]]; then fail tool-missing "to install $* apt would change containerd or runc: $line"; fi
}

install_packages() {
  if ((${#missing_packages[@]} == 0)); then return 0; fi
  if ! command -v apt-get >/dev/null; then
    fail tool-missing "${missing_packages[*]} is not on the node, and neither is apt-get to install it"
  fi
  phase packages
  plan_packages "${missing_packages[@]}"
  run_apt install "${missing_packages[@]}" || fail tool-missing "${missing_packages[*]} could not be installed: $REPLY"
  step "installed ${missing_packages[*]}"
}
