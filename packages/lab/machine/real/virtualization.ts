import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RealOptions } from './options.ts';
import { place } from './place.ts';

/** The kernel modules that a Kata installation loads. */
const modules = ['kvm_intel', 'kvm_amd', 'vhost_vsock', 'vhost_net'];

/**
 * Sets what the node's processor and kernel offer for guests. The host's own may offer nothing, so the flag, the
 * modules and, on a host without one, the device are stand-ins.
 *
 * @param directory the node's folder on the host
 * @param upper the node's files over its root file system
 */
export function furnishVirtualization(
  directory: string,
  upper: string,
  virtualization: NonNullable<RealOptions['virtualization']>,
): void {
  const flag = virtualization === 'off' ? '' : ' vmx';
  const cpuinfo = readFileSync('/proc/cpuinfo', 'utf8').replace(/ (vmx|svm)\b/g, '');
  writeFileSync(
    join(directory, 'cpuinfo'),
    cpuinfo.replace(/^flags\t.*$/gm, (line) => line + flag),
  );
  if (virtualization === 'usable')
    writeFileSync(join(directory, 'kvm'), existsSync('/dev/kvm') ? '/dev/kvm' : '/dev/null');
  // modprobe runs this in place of a module for which the host's kernel has no file here.
  place(upper, '/etc/modprobe.d/host.conf', modules.map((name) => `install ${name} /bin/true\n`).join(''));
}
