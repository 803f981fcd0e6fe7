# --- the host ---

os='' kernel='' arch='' cgroup='' boot_id='' containerd_version='' config_version=0

read_host() {
  local key value id='' version_id=''
  while IFS='=' read -r key value || [[ -n $key ]]; do
    value=${value//[\"\']/}
    case $key in
      ID) id=$value ;;
      VERSION_ID) version_id=$value ;;
    esac
  done <"$ROOT/etc/os-release"
  os="$id $version_id"
  kernel=$(<"$ROOT/proc/sys/kernel/osrelease")
  boot_id=$(<"$ROOT/proc/sys/kernel/random/boot_id")
  arch=$(uname -m)
  # Only the root of a cgroup2 mount has this file. On v1 and hybrid hosts it does not exist here.
  if [[ -e $ROOT/sys/fs/cgroup/cgroup.controllers ]]; then cgroup=v2; else cgroup=v1; fi
}

# Leaves the facts for the result line.
report_host() {
  local json
  json_text "$os" 40 && json="{\"os\":$REPLY"
  json_text "$kernel" 60 && json+=",\"kernel\":$REPLY"
  json_text "$arch" 20 && json+=",\"arch\":$REPLY"
  json_text "$containerd_version" 40 && json+=",\"containerd\":$REPLY"
  json_text "$boot_id" 40 && json+=",\"configVersion\":$config_version,\"cgroup\":\"$cgroup\",\"bootId\":$REPLY}"
  host_json=$json
}

# free_mib PATH: leaves in REPLY the free space on the disk of PATH, which need not exist yet.
free_mib() {
  local path=$1 line
  while [[ ! -d $path ]]; do path=${path%/*}; done
  line=$(df -Pk "${path:-/}" | tail -n 1)
  read -r _ _ _ REPLY _ <<<"$line"
  REPLY=$((REPLY / 1024))
}

# require_room PATH MIB: fails unless that much space is free.
require_room() {
  free_mib "$1"
  if ((REPLY < $2)); then fail disk-full "${1#"$ROOT"} needs $2 MiB, and its disk has $REPLY MiB free"; fi
}

# require_writable FOLDER…: fails if one of the folders is read-only, or will be in a read-only folder.
require_writable() {
  local folder path
  for folder in "$@"; do
    path=$folder
    while [[ ! -d $path ]]; do path=${path%/*}; done
    if [[ ! -w ${path:-/} ]]; then
      path=${path#"$ROOT"}
      fail host-unsupported "${path:-/} is read-only, and $runtime needs files in ${folder#"$ROOT"}; use an image in which it is writable"
    fi
  done
}

# Blames an unexpected end on the disk, if it is full.
blame_full_disk() {
  local path probe full
  for path in "$state" "$stages" "$ROOT/opt" "$ROOT/etc" "$ROOT/etc/containerd" "$ROOT/usr/local/bin"; do
    if [[ ! -d $path ]]; then continue; fi
    free_mib "$path"
    # A disk can have free space but no free inode.
    probe=$path/.airlock-probe full=''
    { echo full >"$probe"; } 2>"$work/err" || full=$(grep 'No space left on device' "$work/err" || true)
    rm -f "$probe"
    if ((REPLY == 0)) || [[ -n $full ]]; then
      outcome=disk-full detail="the disk of ${path#"$ROOT"} is full ($detail)"
      return 0
    fi
  done
}

# Ends with disk-full if the last command's error output says so.
refuse_full_disk() {
  if grep -q 'No space left on device' "$work/err"; then
    last_words
    fail disk-full "${1#"$ROOT"}: $REPLY"
  fi
}

# running_programs DIRECTORY: leaves in REPLY root's processes whose program is a file below DIRECTORY, one per line
# with PID and file. A process chooses its name and its own root, so only the file itself and the user count.
running_programs() {
  local process program found=''
  while read -r process program; do
    if [[ -O $process && $process/exe -ef $program ]]; then found+="${process##*/} $program"$'\n'; fi
  done < <(find "$ROOT"/proc/[0-9]*/exe -maxdepth 0 -lname "$1/*" -printf '%h %l\n' 2>/dev/null || true)
  REPLY=$found
}

# running_shims DIRECTORY: leaves in REPLY the PIDs of the shims whose program is below DIRECTORY, except those of
# Airlock's proofs: a shim outlives its container for a moment.
running_shims() {
  local pid program pids=''
  running_programs "$1"
  while read -r pid program; do
    if [[ ${program##*/} == containerd-shim-* ]] && ! grep -qz '^airlock$' "$ROOT/proc/$pid/cmdline" 2>/dev/null; then
      pids+=" $pid"
    fi
  done <<<"$REPLY"
  REPLY=${pids# }
}

# report_sandboxes DIRECTORY: leaves for the result line how many sandboxes run from each version below DIRECTORY. Every
# pod has one shim, which keeps the version that it was started from.
report_sandboxes() {
  local pid program name json=''
  local -A counts=()
  running_shims "$1"
  for pid in $REPLY; do
    program=$(readlink "$ROOT/proc/$pid/exe" 2>/dev/null) || continue
    name=${program#"$1/"}
    name=${name%%/*}
    if [[ $name =~ ^[0-9.]{1,40}$ ]]; then counts[$name]=$((${counts[$name]:-0} + 1)); fi
  done
  for name in "${!counts[@]}"; do json+=",\"$name\":${counts[$name]}"; done
  if [[ -n $json ]]; then sandboxes_json="{${json#,}}"; fi
}
