# --- evaluating the catalogue's rules; the versions and rules are above, as data ---

verdict='' verdict_reason='' verdict_link=''

# rule VERDICT REASON LINK CONDITION…: decides if every condition holds.
rule() {
  local condition name operator value seen form='^([a-z]+)(<|>=|=)(.*)$'
  for condition in "${@:4}"; do
    [[ $condition =~ $form ]]
    name=${BASH_REMATCH[1]} operator=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
    case $name in
      version) seen=$version ;;
      kernel) seen=$kernel ;;
      containerd) seen=$containerd_version ;;
      arch) seen=$arch ;;
      os) seen=$os ;;
      cgroup) seen=$cgroup ;;
      handler) seen=$handler ;;
      config) seen=$config_version ;;
      kubelet) read_kubelet && seen=$REPLY ;;
    esac
    # An unknown value meets no condition.
    if [[ -z $seen ]]; then return 1; fi
    case $operator in
      '<') older "$seen" "$value" || return 1 ;;
      '>=') ! older "$seen" "$value" || return 1 ;;
      '=') [[ ",$value," == *",$seen,"* ]] || return 1 ;;
    esac
  done
  verdict=$1 verdict_reason=$2 verdict_link=$3
}

# Leaves the kubelet's version in REPLY, or nothing.
read_kubelet() {
  local program
  REPLY=''
  # The EKS snap does not put its binary into PATH.
  for program in "$(command -v kubelet)" "$ROOT/snap/kubelet-eks/current/kubelet"; do
    if [[ -n $program && -x $program && $(clean "$program" --version 2>/dev/null) =~ v([0-9]+\.[0-9]+\.[0-9]+) ]]; then
      REPLY=${BASH_REMATCH[1]}
      return 0
    fi
  done
}

pick_artifact() {
  if [[ -z $version ]]; then fail agent-too-old 'SSM_Version is not in the environment'; fi
  if ! artifact_of "$version" "$arch"; then
    fail host-unsupported "version $version of $runtime is not pinned for $arch; pinned are: $pinned_artifacts"
  fi
  sha256=$artifact_sha256
}

refuse_known_bad() {
  judge_host
  if [[ $verdict == unknown && $unknown_hosts == refuse ]]; then
    fail host-unsupported "the catalogue has no rule for $os, kernel $kernel, containerd $containerd_version; known to work: $good_host"
  fi
  if [[ $verdict == refused ]]; then
    fail host-unsupported "$verdict_reason (here: $os, kernel $kernel, containerd $containerd_version; $verdict_link)"
  fi
}
