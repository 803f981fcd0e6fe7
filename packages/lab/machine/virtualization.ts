import { symlinkSync } from 'node:fs';
import { write } from './tree.ts';

/** What a machine's processor and type report about virtualization. */
export interface Virtualization {
  /** `off`: the processor hides it, like a type without it or with nested virtualization disabled. */
  readonly kvm: 'usable' | 'off' | 'no-device';
  /** The EC2 instance type; undefined on a machine outside EC2. */
  readonly instanceType: string | undefined;
  readonly processor: 'intel' | 'amd' | 'graviton';
  /** Kernel modules that the node lacks. */
  readonly withoutModules: readonly string[];
}

const modules = ['kvm_intel', 'kvm_amd', 'vhost_vsock', 'vhost_net'];

/** Writes what a kernel reports about its processor and board. */
export function furnishProcessor(tree: string, { kvm, instanceType, processor }: Virtualization): void {
  const flag = processor === 'amd' ? 'svm' : 'vmx';
  const flags = `fpu sse2 avx2${kvm === 'off' ? '' : ` ${flag}`} constant_tsc`;
  const vendor = processor === 'amd' ? 'AuthenticAMD' : 'GenuineIntel';
  const text =
    processor === 'graviton'
      ? 'processor\t: 0\nFeatures\t: fp asimd\n'
      : `processor\t: 0\nvendor_id\t: ${vendor}\nflags\t\t: ${flags}\n`;
  write(`${tree}/proc/cpuinfo`, text);
  const board = `${tree}/sys/devices/virtual/dmi/id`;
  write(`${board}/sys_vendor`, instanceType === undefined ? 'QEMU\n' : 'Amazon EC2\n');
  write(`${board}/product_name`, `${instanceType ?? 'Standard PC'}\n`);
  write(`${tree}/dev/.keep`, '');
  symlinkSync('/dev/null', `${tree}/dev/fuse`);
  // On arm64 KVM is part of the kernel.
  if (processor === 'graviton' && kvm === 'usable') symlinkSync('/dev/null', `${tree}/dev/kvm`);
}

/** The stand-in for modprobe: with its module loaded, a capable processor provides /dev/kvm. */
export function modprobe(tree: string, { kvm, withoutModules }: Virtualization): string {
  return `
case " ${modules.filter((name) => !withoutModules.includes(name)).join(' ')} " in
  *" $1 "*) ;;
  *) echo "modprobe: FATAL: Module $1 not found in directory /lib/modules/$(uname -r)" >&2; exit 1 ;;
esac
case $1 in
  kvm_*) if [ ${kvm} = usable ]; then ln -sfn /dev/null "${tree}/dev/kvm"; fi ;;
esac
echo "$1" >>"${tree}/.machine/modules"`;
}
