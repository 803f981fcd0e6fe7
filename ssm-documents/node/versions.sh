# --- versions ---

# older A B: whether version A is older than B. Only the leading numbers count, and a missing one is 0.
older() {
  local -a one other
  local i
  [[ $1 =~ ^[0-9]+(\.[0-9]+)* ]] || return 1
  IFS=. read -ra one <<<"${BASH_REMATCH[0]}"
  [[ $2 =~ ^[0-9]+(\.[0-9]+)* ]] || return 1
  IFS=. read -ra other <<<"${BASH_REMATCH[0]}"
  for ((i = 0; i < ${#one[@]} || i < ${#other[@]}; i++)); do
    ((10#${one[i]:-0} < 10#${other[i]:-0})) && return 0
    ((10#${one[i]:-0} > 10#${other[i]:-0})) && return 1
  done
  return 1
}
