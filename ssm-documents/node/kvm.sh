# --- virtualization: whether there is /dev/kvm, and the reason if not ---

# Loads the modules that guests need. The KVM module depends on the processor.
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
  if [[ ! -c $ROOT/dev/kvm ]]; then fail kvm-missing '/dev/kvm does not exist, although the processor supports virtualization'; fi
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

# The type does not support it, or nested virtualization is off, or the reason is unknown here.
why_no_virtualization() {
  local vendor='' type='' family choice
  vendor=$(cat "$ROOT/sys/devices/virtual/dmi/id/sys_vendor" 2>/dev/null || true)
  if [[ $vendor != 'Amazon EC2' ]]; then
    printf 'the processor shows no virtualization; enable nested virtualization in its hypervisor'
    return
  fi
  type=$(cat "$ROOT/sys/devices/virtual/dmi/id/product_name" 2>/dev/null || true)
  family=${type%%.*}
  choice="a .metal type, or one of the families ${nested_families// /, }"
  if [[ $arch != x86_64 ]]; then
    printf '%s does not support it: EC2 has nested virtualization only on Intel types; use a .metal type' "$type"
  elif [[ " $nested_families " == *" ${family%-flex} "* ]]; then
    printf '%s' "$type supports it, but nested virtualization is off: launch it with CpuOptions.NestedVirtualization=enabled" \
      ' (launch template of an Auto Scaling group; Karpenter: EC2NodeClass spec.cpuOptions.nestedVirtualization: enabled;' \
      ' managed node groups of EKS ignore it)'
  elif ! grep -q 'GenuineIntel' "$ROOT/proc/cpuinfo"; then
    printf '%s does not support it: EC2 has nested virtualization only on Intel types; use %s' "$type" "$choice"
  else
    printf '%s' "$type is not known to have nested virtualization; use $choice" \
      ' (aws ec2 describe-instance-types --filters Name=processor-info.supported-features,Values=nested-virtualization' \
      ' lists the current ones)'
  fi
}
