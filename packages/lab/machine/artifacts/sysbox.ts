import { type ArchiveFiles, deb } from './archive.ts';

/** The ids that the stand-in maps into a container, like a node's first range after those of users. */
const range = '0 231072 65536';

/**
 * A stand-in for sysbox-runc: `--version`, `features`, and `run ROOTFS COMMAND…`, which works only beside its two
 * daemons. It creates no user namespace: a file provides what the command reads from /proc/self/uid_map.
 */
const runc = (version: string) => `#!/bin/sh
# A stand-in for sysbox-runc.
tree=\${0%/usr/bin/sysbox-runc}
case $1 in
  --version) printf 'sysbox-runc\\n\\tedition: \\tCommunity Edition (CE)\\n\\tversion: \\t${version}\\n' ;;
  features)
    if [ -e "$tree/.machine/sysbox-without-userns" ]; then
      echo '{"linux": {"namespaces": ["cgroup", "ipc", "mount", "pid"], "mountExtensions": {"idmap": {"enabled": true}}}}'
    else
      echo '{"linux": {"namespaces": ["cgroup", "ipc", "mount", "pid", "user"], "mountExtensions": {"idmap": {"enabled": true}}}}'
    fi
    ;;
  run)
    rootfs=$2
    program=$3
    shift 3
    for unit in sysbox-mgr sysbox-fs; do
      if [ "$(cat "$tree/.machine/units/$unit.service" 2>/dev/null)" != active ]; then
        echo "sysbox-runc: failed to pre-register with $unit: connection refused" >&2
        exit 1
      fi
    done
    echo '         ${range}' >"$tree/run/sysbox-uid-map"
    said=$(printf '%s' "$2" | sed "s#</proc/self/uid_map#<$tree/run/sysbox-uid-map#g")
    PATH=$rootfs/bin "$rootfs$program" "$1" "$said"
    status=$?
    rm -f "$tree/run/sysbox-uid-map"
    exit $status
    ;;
  *) echo "sysbox-runc (stand-in): unknown: $*" >&2; exit 64 ;;
esac
`;

const daemon = (name: string) => `#!/bin/sh\n# A stand-in for ${name}.\nexec sleep infinity\n`;
const unit = (program: string) =>
  `[Unit]\nDescription=${program} (stand-in)\n\n[Service]\nExecStart=/usr/bin/${program}\n\n[Install]\nWantedBy=sysbox.service\n`;

/**
 * Builds a stand-in for the package of a Sysbox version that runs in a directory tree; the bytes are the same every
 * time.
 */
export function buildSysbox(version: string, architecture: string): Buffer {
  return sysboxPackage(version, architecture, runc(version));
}

/**
 * Builds a package with upstream's names and layout that dpkg can read; the bytes are the same every time.
 *
 * @param program sysbox-runc
 * @param scripts the maintainer scripts that dpkg runs
 */
export function sysboxPackage(
  version: string,
  architecture: string,
  program: string,
  scripts: ArchiveFiles = {},
): Buffer {
  const debian = architecture === 'x86_64' ? 'amd64' : 'arm64';
  const control = `Package: sysbox-ce
Version: ${version}.linux
Architecture: ${debian}
Maintainer: Airlock <airlock@localhost>
Pre-Depends: jq
Depends: fuse | fuse3, lsb-release, rsync, iptables
Description: A stand-in for Sysbox
`;
  return deb(
    { control, ...scripts },
    {
      'usr/bin/sysbox-runc': program,
      'usr/bin/sysbox-mgr': daemon('sysbox-mgr'),
      'usr/bin/sysbox-fs': daemon('sysbox-fs'),
      'usr/lib/systemd/system/sysbox.service':
        '[Unit]\nDescription=Sysbox (stand-in)\nBindsTo=sysbox-mgr.service sysbox-fs.service\nBefore=containerd.service\n\n[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n',
      'usr/lib/systemd/system/sysbox-mgr.service': unit('sysbox-mgr'),
      'usr/lib/systemd/system/sysbox-fs.service': unit('sysbox-fs'),
      'usr/lib/sysctl.d/99-sysbox-sysctl.conf': 'kernel.pid_max = 4194304\n',
    },
  );
}
