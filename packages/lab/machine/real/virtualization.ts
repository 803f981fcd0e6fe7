import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RealOptions } from './options.ts';
import { place } from './place.ts';

/** The kernel's modules that an installation of Kata loads. */
const modules = ['kvm_intel', 'kvm_amd', 'vhost_vsock', 'vhost_net'];

/**
 * Says what the node's processor and kernel offer for guests. The host's own may offer nothing, so the flag, the modules and, on a host
 * without one, the device are stand-ins.
 *
 * @param directory the node's own, on the host
 * @param upper what the node has on top of its root file system
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
  // modprobe runs this in the place of a module that the host's kernel has no file of here.
  place(upper, '/etc/modprobe.d/host.conf', modules.map((name) => `install ${name} /bin/true\n`).join(''));
}
