# --- the kubelet: which containerd it uses ---

# Leaves in REPLY the socket that this node's kubelet uses, or nothing if none runs.
read_endpoint() {
  local file endpoint='' line form='(^[[:space:]]*|[{,][[:space:]]*)"?containerRuntimeEndpoint"?[[:space:]]*:[[:space:]]*["'\'']?([^"'\'',[:space:]}]+)'
  local -a words
  while IFS= read -r file; do
    # A pod can give its programs any name.
    if [[ ! -O $file ]] || grep -q kubepods "${file%cmdline}cgroup" 2>/dev/null; then continue; fi
    mapfile -d '' -t words 2>/dev/null <"$file" || true
    case ${words[0]##*/} in
      kubelet) endpoint=${endpoint:-/run/containerd/containerd.sock} ;;
      k3s) endpoint=/run/k3s/containerd/containerd.sock ;;
      kubelite) endpoint=/var/snap/microk8s/common/run/containerd.sock ;;
      *) continue ;;
    esac
    flag "${words[@]}" -- config
    file=$REPLY
    flag "${words[@]}" -- config-dir
    # Later files override earlier ones, and a flag overrides every file.
    while IFS= read -r line; do
      if [[ $line =~ $form ]]; then endpoint=${BASH_REMATCH[2]}; fi
    done < <(cat ${file:+"$ROOT$file"} ${REPLY:+"$ROOT$REPLY"/*.conf} /dev/null 2>/dev/null)
    flag "${words[@]}" -- container-runtime-endpoint
    endpoint=${REPLY:-$endpoint}
  done < <(grep -lzE '(^|/)(kubelet|k3s|kubelite)$' "$ROOT"/proc/[0-9]*/cmdline 2>/dev/null || true)
  REPLY=${endpoint#unix://}
}
