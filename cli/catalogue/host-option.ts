import { InvalidArgumentError } from 'commander';
import type { HostFacts } from '../../domain/host-verdict.ts';
import { isOlder } from '../../domain/versions.ts';

/** The architectures by the names that Kubernetes, Linux and AWS use. */
const architectures: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  x86_64: 'x86_64',
  arm64: 'aarch64',
  aarch64: 'aarch64',
};

const version = /^([0-9]+(\.[0-9]+)*)([-+~][\w.+~-]*)?$/;
const versionForm = 'a version, for instance 2.1';

/** What each name in `--host` gives: a fact about the host, or the accepted form. */
const readers: Readonly<Record<string, (value: string) => HostFacts | string>> = {
  ubuntu: (value) => (/^[0-9]{2}\.[0-9]{2}$/.test(value) ? { os: `ubuntu ${value}` } : 'a release, for instance 24.04'),
  os: (value) =>
    /^[a-z0-9._-]+ [a-z0-9._-]*$/.test(value)
      ? { os: value }
      : 'ID and VERSION_ID of /etc/os-release, for instance "debian 13"',
  kernel: (value) => (version.test(value) ? { kernel: value } : versionForm),
  containerd: (value) => (version.test(value) ? { containerd: value } : versionForm),
  kubernetes: (value) => (version.test(value) ? { kubelet: value } : versionForm),
  arch: (value) => {
    const arch = architectures[value];
    return arch === undefined ? Object.keys(architectures).join(', ') : { arch };
  },
  cgroup: (value) => (value === 'v1' || value === 'v2' ? { cgroup: value } : 'v1 or v2'),
};

/** Ubuntu has only cgroup v2 since 21.10. Source: Ubuntu 21.10's release notes. */
const firstUbuntuWithCgroup2 = '21.10';

/**
 * Reads `ubuntu=24.04,kernel=6.8,containerd=2.1,kubernetes=1.34,arch=arm64`. Of Ubuntu the version of cgroup is known.
 *
 * @throws InvalidArgumentError that names the part, the value and the accepted form
 */
export function readHost(text: string): HostFacts {
  let host: HostFacts = {};
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(part.trim()) ?? [];
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) {
      throw new InvalidArgumentError(
        `${JSON.stringify(part)} is no fact. Accepted: ${Object.keys(readers).join('=…, ')}=….`,
      );
    }
    const read = reader(value);
    if (typeof read === 'string') throw new InvalidArgumentError(`${name} is "${value}". Accepted: ${read}.`);
    if (Object.keys(read).some((fact) => Object.hasOwn(host, fact))) {
      throw new InvalidArgumentError(`${name} is given twice. Accepted: each fact once.`);
    }
    host = { ...host, ...read };
  }
  const ubuntu = /^ubuntu (.+)$/.exec(host.os ?? '')?.[1];
  const isNew = ubuntu !== undefined && !isOlder(ubuntu, firstUbuntuWithCgroup2);
  return isNew && host.cgroup === undefined ? { ...host, cgroup: 'v2' } : host;
}
