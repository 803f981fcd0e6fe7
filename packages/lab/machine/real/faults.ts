import { cloudInitResult, type MachineFault } from '../faults.ts';
import { downloadFaults } from '../simulated.ts';
import type { ArtifactKind } from './artifact.ts';
import type { RealOptions } from './options.ts';

/** How a fault is planted in a real node. */
export interface RealFault {
  readonly options?: Pick<RealOptions, 'download' | 'files' | 'without'>;
  /** The kind of artifact that the mirror serves. */
  readonly kind?: ArtifactKind;
}

const unitFolder = '/etc/systemd/system/containerd.service.d';

/** A daemon with a given behaviour; containerd's other commands stay as they are. */
function daemonThat(does: string): RealFault {
  const path = '/usr/local/sbin/containerd-with-a-fault';
  return {
    options: {
      files: {
        [path]: `#!/bin/sh\nif [ $# = 0 ]; then\n  ${does}\nfi\nexec /usr/bin/containerd "$@"\n`,
        [`${unitFolder}/fault.conf`]: `[Service]\nExecStart=\nExecStart=${path}\n`,
      },
    },
  };
}

const withOurHandler = "grep -qs 'airlock:begin' /etc/containerd/config.toml";
const withoutCri = `{ echo 'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"]'; cat /etc/containerd/config.toml; } >/run/without-cri.toml
    exec /usr/bin/containerd -c /run/without-cri.toml`;

/** A separate disk for the versions. */
const smallDisk = (options: string): RealFault => ({
  options: { files: { '/etc/fstab': `tmpfs /opt/airlock tmpfs ${options} 0 0\n` } },
});

/** cloud-init records what failed before it reports how it ended. */
const cloudInit = (status: string, code: number): RealFault => ({
  options: {
    files: {
      '/usr/bin/cloud-init': `#!/bin/sh
mkdir -p /run/cloud-init
${code === 1 ? `cat >/run/cloud-init/result.json <<'END'\n${cloudInitResult}END\n` : ''}echo 'status: ${status}'
exit ${code}
`,
    },
  },
});

function download(fault: MachineFault): RealFault {
  const planted = downloadFaults[fault];
  return planted === undefined ? {} : { options: { download: planted } };
}

/**
 * The machine faults that a real node can have, each caused as it happens in practice. A package by another installer
 * is not among them: it would remove Debian's runsc, from which the stand-in artifacts are made.
 */
export const realFaults: Readonly<Partial<Record<MachineFault, RealFault>>> = {
  'not-sandboxed': { kind: 'plain-runc' },
  'checksum-mismatch': download('checksum-mismatch'),
  'download-404': download('download-404'),
  'download-500': download('download-500'),
  'download-cut': download('download-cut'),
  'containerd-does-not-return': daemonThat(
    `if ${withOurHandler}; then echo 'containerd: planted fault' >&2; exit 1; fi`,
  ),
  'containerd-never-returns': daemonThat('if [ -e /run/started-once ]; then exit 1; fi; touch /run/started-once'),
  'cri-does-not-return': daemonThat(`if ${withOurHandler}; then\n    ${withoutCri}\n  fi`),
  'disk-full': smallDisk('size=100m'),
  'disk-full-while-unpacking': smallDisk('size=700m,nr_inodes=4'),
  'cloud-init-failed': cloudInit('error', 1),
  'cloud-init-degraded': cloudInit('done', 2),
  'foreign-binary': { options: { files: { '/usr/local/bin/runsc': '#!/bin/sh\n' } } },
  'kill-mode': { options: { files: { [`${unitFolder}/fault.conf`]: '[Service]\nKillMode=control-group\n' } } },
  'containerd-dead': {
    options: { files: { [`${unitFolder}/fault.conf`]: '[Service]\nExecStart=\nExecStart=/bin/false\nRestart=no\n' } },
  },
  'kubelet-dead': {
    options: { files: { '/etc/systemd/system/kubelet.service': '[Service]\nExecStart=/usr/bin/kubelet\n' } },
  },
  'tool-missing': { options: { without: ['/usr/bin/curl', '/usr/bin/wget'] } },
};
