import type { OutcomeCode } from '../../../domain/outcomes.ts';

/** What can be wrong with a simulated machine, how it shows, and how a launch ends on it if not as `released`. */
export const machineFaults = {
  'not-sandboxed': {
    about: 'a container of the handler runs on the host itself, although the runtime by itself works',
    ends: 'proof-failed',
  },
  'checksum-mismatch': { about: 'what the mirror serves is damaged', ends: 'checksum-mismatch' },
  'download-404': { about: 'the mirror does not have the version', ends: 'download-failed' },
  'download-500': { about: 'the mirror answers 500 once and then recovers' },
  'download-cut': { about: 'the download breaks off half way, once' },
  'containerd-does-not-return': {
    about: 'containerd does not start with the new handler',
    ends: 'containerd-restart-failed',
  },
  'containerd-never-returns': { about: 'containerd does not start again at all', ends: 'rollback-failed' },
  'cri-does-not-return': {
    about: 'containerd starts with the new handler, but its CRI plugins do not',
    ends: 'containerd-restart-failed',
  },
  'disk-full': { about: 'the disk has too little room before the download', ends: 'disk-full' },
  'disk-full-while-unpacking': { about: 'the disk fills up while the archive is unpacked', ends: 'disk-full' },
  'cloud-init-failed': { about: 'cloud-init ended with an error', ends: 'bootstrap-failed' },
  'cloud-init-degraded': { about: 'cloud-init ended with warnings' },
  'foreign-package': { about: 'the package runsc is installed', ends: 'installer-conflict' },
  'foreign-binary': { about: 'a runsc of another installer is in /usr/local/bin', ends: 'installer-conflict' },
  'kill-mode': { about: 'a restart of containerd.service would end the containers', ends: 'config-rejected' },
  'containerd-dead': { about: 'containerd does not run before anything is touched', ends: 'bootstrap-failed' },
  'kubelet-dead': { about: 'the kubelet never starts', ends: 'bootstrap-failed' },
  'tool-missing': { about: 'the node has neither curl nor wget', ends: 'tool-missing' },
} as const satisfies Readonly<Record<string, { readonly about: string; readonly ends?: OutcomeCode }>>;

/** What cloud-init writes into /run/cloud-init/result.json when a script of its user data failed. */
export const cloudInitResult = `${JSON.stringify(
  {
    v1: {
      datasource: 'DataSourceEc2Local',
      errors: ["('scripts_user', RuntimeError('Runparts: 1 failures (part-001) in 1 attempted commands'))"],
    },
  },
  undefined,
  1,
)}\n`;

/** The name of a fault of a simulated machine. */
export type MachineFault = keyof typeof machineFaults;

/** Whether a name is that of a fault of a machine. */
export function isMachineFault(name: string): name is MachineFault {
  return Object.hasOwn(machineFaults, name);
}
