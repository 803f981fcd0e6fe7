# --- virtualization: whether there is /dev/kvm, and whose fault it is if not ---

# Loads what the guests need. The module of the processor is not the same everywhere.
require_kvm() {
  local flags='' module=''
  if [[ $arch == x86_64 ]]; then
    flags=" $(grep -m 1 '^flags' "$ROOT/proc/cpuinfo" || true) "
    case $flags in
      *' vmx '*) module=kvm_intel ;;
      *' svm '*) module=kvm_amd ;;
      *) fail kvm-missing "$(why_no_virtualization)" ;;
    esac
    load_module "$module" || fail kvm-missing "the module $module cannot be loaded: $REPLY"
    kernel_modules=("$module" "${kernel_modules[@]}")
  elif [[ ! -e $ROOT/dev/kvm ]]; then
    fail kvm-missing "$(why_no_virtualization)"
  fi
  if [[ ! -c $ROOT/dev/kvm ]]; then fail kvm-missing '/dev/kvm is not there, although the processor can'; fi
  if ! { : <>"$ROOT/dev/kvm"; } 2>/dev/null; then fail kvm-missing '/dev/kvm cannot be opened to read and write'; fi
  for module in vhost_vsock vhost_net; do
    load_module "$module" || fail host-unsupported "the module $module, which Kata needs, cannot be loaded: $REPLY; use a linux-aws kernel of Ubuntu"
  done
}

load_module() {
  clean modprobe "$1" 2>"$work/err" && return
  last_words
  return 1
}

# The type cannot, or it can and nested virtualization is off, or no one here can say.
why_no_virtualization() {
  local vendor='' type='' family choice
  vendor=$(cat "$ROOT/sys/devices/virtual/dmi/id/sys_vendor" 2>/dev/null || true)
  if [[ $vendor != 'Amazon EC2' ]]; then
    printf 'the processor shows no virtualization; let the hypervisor below pass it on'
    return
  fi
  type=$(cat "$ROOT/sys/devices/virtual/dmi/id/product_name" 2>/dev/null || true)
  family=${type%%.*}
  choice="a .metal type, or one of the families ${nested_families// /, }"
  if [[ $arch != x86_64 ]]; then
    printf '%s cannot: EC2 has nested virtualization on Intel types alone; use a .metal type' "$type"
  elif [[ " $nested_families " == *" ${family%-flex} "* ]]; then
    printf '%s' "$type can, but nested virtualization is off: launch it with CpuOptions.NestedVirtualization=enabled" \
      ' (launch template of an Auto Scaling group; Karpenter: EC2NodeClass spec.cpuOptions.nestedVirtualization: enabled;' \
      ' managed node groups of EKS ignore it)'
  elif ! grep -q 'GenuineIntel' "$ROOT/proc/cpuinfo"; then
    printf '%s cannot: EC2 has nested virtualization on Intel types alone; use %s' "$type" "$choice"
  else
    printf '%s' "$type is not known to have nested virtualization; use $choice" \
      ' (aws ec2 describe-instance-types --filters Name=processor-info.supported-features,Values=nested-virtualization' \
      ' lists those of today)'
  fi
}
