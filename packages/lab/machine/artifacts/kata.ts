import { zstdCompressSync } from 'node:zlib';
import { type ArchiveFiles, tar } from './archive.ts';

/** The kernel version that a guest shows. */
const guestKernel = '6.18.15';

const share = 'opt/kata/share';
const configurations = `${share}/defaults/kata-containers/runtime-rs`;

function configuration(hypervisor: string, program: string): string {
  return `[hypervisor.${hypervisor}]
path = "${program}"
kernel = "/${share}/kata-containers/vmlinux.container"
image = "/${share}/kata-containers/kata-containers.img"
virtio_fs_daemon = "/opt/kata/libexec/virtiofsd"
enable_annotations = ["enable_iommu", "virtio_fs_extra_args", "kernel_params"]
`;
}

/**
 * A stand-in for Kata's shim, called by the stand-in for ctr: CONFIG ROOTFS COMMAND…. It keeps the rules that an
 * installation can break: everything is under /opt/kata, a guest needs /dev/kvm, and only what runs in a guest sees the
 * guest's boot id.
 */
function shim(version: string): string {
  return `#!/bin/sh
# A stand-in for Kata's shim (runtime-rs).
if [ "$1" = --version ]; then
  echo 'Kata Containers containerd shim (Rust): id: io.containerd.kata.v2, version: ${version}, commit: 0123456789abcdef'
  exit 0
fi
tree=\${0%/opt/kata/runtime-rs/bin/containerd-shim-kata-v2}
config=$1
rootfs=$2
program=$3
shift 3
if [ "$tree" = "$0" ]; then echo "shim (stand-in): started outside of /opt/kata: $0" >&2; exit 1; fi
if [ ! -f "$config" ]; then echo "shim: failed to load the configuration $config" >&2; exit 1; fi
for key in path kernel image; do
  file=$(sed -n "s/^$key = \\"\\\\(.*\\\\)\\"$/\\\\1/p" "$config")
  if [ ! -e "$tree$file" ]; then echo "shim: $key $file: no such file or directory" >&2; exit 1; fi
done
if [ ! -c "$tree/dev/kvm" ]; then echo 'shim: Could not access KVM kernel module: No such file or directory' >&2; exit 1; fi
guest=$tree/run/kata-guest-$$
mkdir -p "$guest/proc/sys/kernel/random" "$guest/bin"
cat /proc/sys/kernel/random/uuid >"$guest/proc/sys/kernel/random/boot_id"
printf '#!/bin/sh\\necho ${guestKernel}\\n' >"$guest/bin/uname"
chmod 755 "$guest/bin/uname"
# There is no virtual machine: what the command reads of /proc comes from the guest's folder.
said=$(printf '%s' "$2" | sed "s#</proc/#<$guest/proc/#g")
PATH=$guest/bin:$rootfs/bin "$rootfs$program" "$1" "$said"
status=$?
rm -rf "$guest"
exit $status
`;
}

/** Builds a stand-in for a Kata version that runs in a directory tree; the bytes are the same every time. */
export function buildKata(version: string, architecture: string): Buffer {
  return kataArchive(version, architecture, shim(version));
}

/**
 * Builds an archive with upstream's names and layout; the bytes are the same every time.
 *
 * @param program the shim
 * @param besides further files that the shim needs
 */
export function kataArchive(
  version: string,
  architecture: string,
  program: string,
  besides: ArchiveFiles = {},
): Buffer {
  const qemu = `opt/kata/bin/qemu-system-${architecture}`;
  const others =
    architecture === 'x86_64'
      ? {
          [`${configurations}/configuration-clh-runtime-rs.toml`]: configuration(
            'clh',
            '/opt/kata/bin/cloud-hypervisor',
          ),
          [`${configurations}/configuration-dragonball.toml`]: configuration('dragonball', ''),
          'opt/kata/bin/cloud-hypervisor': '#!/bin/sh\nexit 1\n',
        }
      : {};
  return zstdCompressSync(
    tar({
      'opt/kata/VERSION': `${version}\n`,
      'opt/kata/runtime-rs/bin/containerd-shim-kata-v2': program,
      [`${configurations}/configuration-qemu-runtime-rs.toml`]: configuration('qemu', `/${qemu}`),
      [qemu]: '#!/bin/sh\nexit 1\n',
      'opt/kata/libexec/virtiofsd': '#!/bin/sh\nexit 1\n',
      [`${share}/kata-containers/vmlinux-${guestKernel}`]: `A stand-in for a guest kernel, ${architecture}.\n`,
      [`${share}/kata-containers/vmlinux.container`]: `-> vmlinux-${guestKernel}`,
      [`${share}/kata-containers/kata-containers.img`]: 'A stand-in for a guest image.\n',
      ...others,
      ...besides,
    }),
  );
}
