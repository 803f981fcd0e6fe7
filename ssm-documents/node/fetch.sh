# --- the download: resumed where it broke off, and used only with the checksum that the catalogue pins ---

download=$state/download
download_attempts=5

require_tools() {
  local program
  for program in flock tar sha256sum timeout comm grep sed sync ldd "${proof_programs[@]}"; do
    command -v "$program" >/dev/null || fail tool-missing "$program is not on the node"
  done
  if ! command -v curl >/dev/null && ! command -v wget >/dev/null; then
    fail tool-missing 'neither curl nor wget is on the node'
  fi
  case $artifact_url in
    *.bz2) want bzip2 bzip2 python3 ;;
    *.zst | *.zstd) want zstd zstd ;;
  esac
}

fetch() {
  local attempt fresh=''
  if [[ ! -f $download || $(<"$download.of") != "$sha256" ]] 2>/dev/null; then
    rm -f "$download"
    fresh=1
  elif check_download; then
    return 0
  fi
  printf '%s\n' "$sha256" >"$download.of"
  for ((attempt = 1; ; attempt++)); do
    step "download, attempt $attempt"
    if transfer; then
      if check_download; then return 0; fi
      rm -f "$download"
      # A part that an earlier run left can be damaged; what came whole from upstream and is wrong is no accident.
      if [[ -n $fresh ]]; then fail checksum-mismatch "$artifact_url: $REPLY"; fi
      fresh=1
      continue
    fi
    say "$REPLY"
    if ((attempt >= download_attempts)) || [[ -n $download_final ]]; then fail download-failed "$REPLY"; fi
    sleep "$attempt"
  done
}

check_download() {
  local size
  size=$(wc -c <"$download")
  if [[ -n $artifact_size ]] && ((size != artifact_size)); then
    REPLY="the catalogue pins $artifact_size bytes, and $((size)) came"
    return 1
  fi
  hash_of "$download"
  if [[ $REPLY == "$sha256" ]]; then return 0; fi
  REPLY="the catalogue pins sha256 $sha256, and what came has $REPLY"
  return 1
}

# One attempt. Returns 1 with the reason in REPLY; download_final says that another attempt would end alike.
transfer() {
  local code='' status=0
  download_final=''
  patience 60
  if command -v curl >/dev/null; then
    code=$(clean curl --fail --silent --show-error --location --proto =https --proto-redir =https --connect-timeout 15 \
      --speed-limit 1024 --speed-time 30 --max-time "$REPLY" --continue-at - --write-out '%{http_code}' \
      --output "$download" "$artifact_url" 2>"$work/err") || status=$?
  else
    clean timeout "$REPLY" wget --no-verbose --continue --tries=1 --timeout=30 --https-only --output-document="$download" "$artifact_url" \
      2>"$work/err" || status=$?
    if [[ $(<"$work/err") =~ ERROR\ ([0-9]{3}) ]]; then code=${BASH_REMATCH[1]}; fi
  fi
  if ((status == 0)); then return 0; fi
  refuse_full_disk "$download"
  # curl's 23 and wget's 3 say that they could not write, and not why.
  if ((status == 23 || status == 3)); then require_room "${download%/*}" 1; fi
  last_words
  REPLY="$artifact_url answered ${code:-nothing}: $REPLY"
  case $code in
    # The part is longer than the file: it is not of this file.
    416) rm -f "$download" ;;
    400 | 401 | 403 | 404 | 410 | 451) download_final=1 ;;
  esac
  return 1
}

# unpack DIRECTORY HOME: what was downloaded, whatever its suffix. Nobody but root can enter the folder before its listing was judged; it is
# made by the way, because to decompress an archive twice would take most of an installation's time again.
unpack() {
  local -a decompress
  case $artifact_url in
    *.bz2)
      decompress=(bzip2 -dc)
      command -v bzip2 >/dev/null ||
        decompress=(python3 -c 'import bz2,shutil,sys; shutil.copyfileobj(bz2.open(sys.stdin.buffer), sys.stdout.buffer)')
      ;;
    *.zst | *.zstd) decompress=(zstd -dcq) ;;
    *) fail install-failed "Airlock does not know how to unpack $artifact_url" ;;
  esac
  if ! "${decompress[@]}" <"$download" 2>"$work/err" |
    tar -xvv --numeric-owner --no-same-owner --no-same-permissions -C "$1" >"$work/listing" 2>>"$work/err"; then
    refuse_hostile_archive "$work/listing" "$2"
    refuse_full_disk "$1"
    # The last line only says that there was one before.
    sed -i -e '/^tar: Exiting /d' -e '/^tar: Removing /d' "$work/err"
    last_words
    fail install-failed "$artifact_url could not be unpacked: $REPLY"
  fi
  refuse_hostile_archive "$work/listing" "$2"
}
