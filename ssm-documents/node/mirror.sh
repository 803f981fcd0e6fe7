# --- the download from the mirror in the account, by the address that came with the command ---

# transfer FROM SECONDS: prints the mirror's file from that byte on. Upstream is never asked.
transfer() {
  local name=mirror_$arch status=0
  local address=${!name:-}
  if [[ $address != https://*/sha256/"$sha256"\?* ]]; then
    echo 'no address of it came with the command' >&2
    return 1
  fi
  if command -v curl >/dev/null; then
    curl --config - --fail --silent --show-error --proto =https --connect-timeout 15 --speed-limit 1024 --speed-time 30 \
      --max-time "$2" --continue-at "$1" --dump-header "$work/headers" <<<"url = \"$address\"" 2>"$work/err-mirror" || status=$?
  else
    timeout "$2" wget --no-verbose --start-pos="$1" --tries=1 --timeout=30 --https-only --max-redirect=0 --input-file=- \
      --output-document=- <<<"$address" 2>"$work/err-mirror" || status=$?
  fi
  sed -E 's/\?X-Amz-[^ ]*//' "$work/err-mirror" >&2
  return "$status"
}
