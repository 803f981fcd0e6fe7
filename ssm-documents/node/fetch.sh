# --- the download: kept and unpacked in one pass, and used only with the checksum from the catalogue ---

# The whole file, or as much of it as has arrived. The expected checksum is in a file next to it.
download=$state/download
download_attempts=5
download_final='' unpacking=''
# Where an absolute link in the archive may lead, if anywhere: the archive's destination.
archive_home=''

require_tools() {
  local program
  for program in flock tar tee sha256sum timeout comm grep sed sync ldd "${proof_programs[@]}"; do
    command -v "$program" >/dev/null || fail tool-missing "$program is not on the node"
  done
  if ! command -v curl >/dev/null && ! command -v wget >/dev/null; then
    fail tool-missing 'neither curl nor wget is on the node'
  fi
  case $artifact_url in
    *.bz2) want bzip2 lbzip2 bzip2 python3 ;;
    *.zst | *.zstd) want zstd zstd ;;
    *.deb) ;;
    *) fail install-failed "Airlock does not know how to unpack $artifact_url" ;;
  esac
}

# Leaves the version unpacked in $unpacking, unless it is a package, which is not unpacked.
fetch() {
  local attempt status fresh=''
  if [[ $(cat "$download.of" 2>/dev/null || true) != "$sha256" ]]; then rm -f "$download" "$download.part"; fi
  printf '%s\n' "$sha256" >"$download.of"
  if [[ -f $download ]]; then
    step 'downloaded before'
    if pass; then return 0; fi
    rm -f "$download"
  fi
  if [[ ! -s $download.part ]]; then fresh=1; fi
  for ((attempt = 1; ; attempt++)); do
    step "download, attempt $attempt"
    status=0
    pass || status=$?
    case $status in
      0) return 0 ;;
      1)
        say "$REPLY"
        if ((attempt >= download_attempts)) || [[ -n $download_final ]]; then fail download-failed "$REPLY"; fi
        sleep "$attempt"
        ;;
      *)
        rm -f "$download.part"
        # A part from an earlier run can be damaged, but a complete download with a wrong checksum is not an accident.
        if [[ -n $fresh ]]; then fail checksum-mismatch "$artifact_url: $REPLY"; fi
        fresh=1
        ;;
    esac
  done
}

# One pass over the archive: it is kept and consumed as it arrives, and the kept file is hashed. Returns 1 with the reason
# in REPLY if it did not arrive completely, and 2 if it does not match the catalogue. What was unpacked is then deleted.
pass() {
  local came='' consumed=''
  unpacking=$stages/.stage.$$
  rm -rf "$unpacking" "$work/headers"
  : >"$work/listing"
  public mkdir -p "$stages"
  mkdir "$unpacking"
  patience 60
  # If the run is killed, these processes hold the lock for as long as they write.
  {
    { supply "$REPLY" && : >"$work/came"; } 2>"$work/err-supply" | { consume && : >"$work/consumed"; } || true
  } 3>&- 4>&-
  if [[ -f $work/came ]]; then came=1; fi
  if [[ -f $work/consumed ]]; then consumed=1; fi
  rm -f "$work/came" "$work/consumed"
  if [[ -z $came ]]; then
    rm -rf "$unpacking"
    blame_transfer
    return 1
  fi
  if ! check_download; then
    rm -rf "$unpacking"
    return 2
  fi
  if [[ -f $download.part ]]; then mv "$download.part" "$download"; fi
  refuse_hostile_archive "$work/listing" "$archive_home"
  if [[ -z $consumed ]]; then
    mv "$work/err-unpack" "$work/err"
    refuse_full_disk "$stages"
    # The last lines only refer to an earlier one.
    sed -i -e '/^tar: Exiting /d' -e '/^tar: Removing /d' -e '/Terminated$/d' "$work/err"
    last_words
    fail install-failed "$artifact_url could not be unpacked: $REPLY"
  fi
}

check_download() {
  local size whole=$download
  if [[ -f $download.part ]]; then whole=$download.part; fi
  size=$(wc -c <"$whole")
  if [[ -n $artifact_size ]] && ((size != artifact_size)); then
    REPLY="the catalogue pins $artifact_size bytes, and $((size)) came"
    return 1
  fi
  hash_of "$whole"
  if [[ $REPLY == "$sha256" ]]; then return 0; fi
  REPLY="the catalogue pins sha256 $sha256, and what came has $REPLY"
  return 1
}

# supply SECONDS: prints the archive: the part that is on the node, and the rest as it arrives. The rest is kept even if
# the reader ends early.
supply() {
  if [[ -f $download ]]; then
    tee -p <"$download"
    return
  fi
  : >>"$download.part"
  tee -p <"$download.part"
  transfer "$(wc -c <"$download.part")" "$1" | tee -p -a "$download.part"
}

# transfer FROM SECONDS: prints upstream's file from that byte on.
transfer() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --proto =https --proto-redir =https --connect-timeout 15 --speed-limit 1024 \
      --speed-time 30 --max-time "$2" --continue-at "$1" --dump-header "$work/headers" "$artifact_url"
  else
    timeout "$2" wget --no-verbose --start-pos="$1" --tries=1 --timeout=30 --https-only --output-document=- "$artifact_url"
  fi
}

# Leaves in REPLY why the archive did not arrive completely; sets download_final if another attempt would fail the same
# way.
blame_transfer() {
  local code
  download_final=''
  mv "$work/err-supply" "$work/err"
  refuse_full_disk "$download"
  code=$(sed -nE 's/^HTTP\/[0-9.]+ ([0-9]{3}).*/\1/p' "$work/headers" 2>/dev/null | tail -n 1 || true)
  if [[ $(<"$work/err") =~ ERROR\ ([0-9]{3}) ]]; then code=${BASH_REMATCH[1]}; fi
  last_words
  REPLY="$artifact_url answered ${code:-nothing}: $REPLY"
  case $code in
    # The part is longer than the file, so it does not belong to it.
    416) rm -f "$download.part" ;;
    400 | 401 | 403 | 404 | 410 | 451) download_final=1 ;;
  esac
}

# Unpacks the archive as it arrives, before its checksum is known: into a folder that only root can enter, and at most
# twice the required free space: tar ends itself after that many of its records, which have 128 KiB here. Nothing of it
# is used or kept before checksum and listing are verified.
consume() {
  local -a decompress
  local too_large="echo 'its content is larger than $((room_mib * 2)) MiB' >&2; kill \$PPID"
  case $artifact_url in
    *.bz2)
      decompress=(python3 -c 'import bz2,shutil,sys; shutil.copyfileobj(bz2.open(sys.stdin.buffer), sys.stdout.buffer)')
      if command -v lbzip2 >/dev/null; then decompress=(lbzip2 -dc); elif command -v bzip2 >/dev/null; then decompress=(bzip2 -dc); fi
      ;;
    *) decompress=(zstd -dcq) ;;
  esac
  {
    "${decompress[@]}" |
      tar -xvv --read-full-records --blocking-factor=256 --checkpoint=$((room_mib * 16)) --checkpoint-action="exec=$too_large" \
        --numeric-owner --no-same-owner --no-same-permissions -C "$unpacking" >"$work/listing"
  } 2>"$work/err-unpack"
}
