# --- gVisor: what the proof runs inside, and which answer it accepts ---

proof_programs=(sh uname dmesg)

ask_inside() {
  new_nonce
  inside="echo $nonce; uname -r; dmesg 2>/dev/null"
}

# Reads $work/said. A plain runc container answers with the host's kernel and log.
judge_sandbox() {
  local said_nonce='' said_kernel='' line banner=''
  evidence=''
  {
    IFS= read -r said_nonce || true
    IFS= read -r said_kernel || true
    while IFS= read -r line || [[ -n $line ]]; do
      if [[ $line == *'Starting gVisor'* ]]; then banner=1; fi
    done
  } <"$work/said"
  last_words
  if [[ ${said_nonce%$'\r'} != "$nonce" ]]; then
    REPLY="$1 did not run: ${REPLY:-it said ${said_nonce:-nothing}}"
    return 1
  fi
  said_kernel=${said_kernel%$'\r'}
  if [[ $said_kernel == "$kernel" ]]; then
    REPLY="$1 is not in gVisor: it runs on the host's own kernel $said_kernel"
    return 1
  fi
  if [[ -z $banner ]]; then
    REPLY="$1 is not in gVisor: its kernel log has no line 'Starting gVisor' (kernel $said_kernel)"
    return 1
  fi
  evidence="Starting gVisor, kernel $said_kernel"
}
