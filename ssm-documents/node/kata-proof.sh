# --- Kata Containers: what the proof runs inside, and which answer it accepts ---

proof_programs=(sh uname)

# A guest boots separately, so its boot ID differs from the host's, whatever kernel it shows.
ask_inside() {
  new_nonce
  inside="echo $nonce; read -r id </proc/sys/kernel/random/boot_id; echo \$id; uname -r"
}

judge_sandbox() {
  local said_nonce='' said_boot='' said_kernel='' form='^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  {
    IFS= read -r said_nonce || true
    IFS= read -r said_boot || true
    IFS= read -r said_kernel || true
  } <"$work/said"
  last_words
  if [[ ${said_nonce%$'\r'} != "$nonce" ]]; then
    REPLY="$1 did not run: ${REPLY:-it said ${said_nonce:-nothing}}"
    return 1
  fi
  said_boot=${said_boot%$'\r'}
  if [[ ! $said_boot =~ $form ]]; then
    REPLY="$1 reported no boot id: ${said_boot:-nothing}"
    return 1
  fi
  if [[ $said_boot == "$boot_id" ]]; then
    REPLY="$1 is not in a virtual machine: its boot id $said_boot is the host's"
    return 1
  fi
  evidence="its own guest, boot id $said_boot, kernel ${said_kernel%$'\r'}"
}
