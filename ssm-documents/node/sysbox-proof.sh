# --- Sysbox: what the proof runs inside, and which answer it accepts ---

proof_programs=(sh)

# Root inside is another user outside: Sysbox gives every container a user namespace, even if none is requested.
ask_inside() {
  new_nonce
  inside="echo $nonce; read -r map </proc/self/uid_map; echo \$map"
}

judge_sandbox() {
  local said_nonce='' inner='' outer='' count='' host=''
  {
    IFS= read -r said_nonce || true
    read -r inner outer count || true
  } <"$work/said"
  last_words
  if [[ ${said_nonce%$'\r'} != "$nonce" ]]; then
    REPLY="$1 did not run: ${REPLY:-it said ${said_nonce:-nothing}}"
    return 1
  fi
  count=${count%$'\r'}
  read -r _ host _ <"$ROOT/proc/self/uid_map"
  if [[ ! "$inner $outer $count" =~ ^0\ [0-9]+\ [0-9]+$ ]]; then
    REPLY="$1 reported no uid map that begins with root: $inner $outer $count"
    return 1
  fi
  if ((outer == host)); then
    REPLY="$1 is not in its own user namespace: root inside is user $outer outside"
    return 1
  fi
  evidence="root inside is user $outer outside, of $count"
}
