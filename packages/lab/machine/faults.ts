/** What can be wrong with a simulated machine, and how it shows. */
export const machineFaults = {
  'not-sandboxed': 'a container of the handler runs on the host itself, although the release alone works',
  'checksum-mismatch': 'what the mirror serves is damaged',
  'download-404': 'the mirror does not have the release',
  'download-500': 'the mirror answers 500 once and then recovers',
  'download-cut': 'the download breaks off half way, once',
  'containerd-does-not-return': 'containerd does not start with the new handler',
  'containerd-never-returns': 'containerd does not start again at all',
  'cri-does-not-return': 'containerd starts with the new handler, but its CRI plugins do not',
  'disk-full': 'the disk has too little room before the download',
  'disk-full-while-unpacking': 'the disk fills up while the archive is unpacked',
  'cloud-init-failed': 'cloud-init ended with an error',
  'cloud-init-degraded': 'cloud-init ended with warnings',
  'foreign-package': 'the package runsc is installed',
  'foreign-binary': 'someone put a runsc into /usr/local/bin',
  'kill-mode': 'a restart of containerd.service would end the containers',
  'containerd-dead': 'containerd does not run before anything is touched',
  'kubelet-dead': 'the kubelet never starts',
  'tool-missing': 'the node has neither curl nor wget',
} as const;

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
