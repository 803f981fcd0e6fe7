import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { architectures } from '../../../domain/architectures.ts';
import type { Artifact, Catalogue, CatalogueRuntime } from '../../../domain/catalogue.ts';
import type { Runtime } from '../../../domain/runtimes.ts';
import { tar } from './artifacts/archive.ts';
import { buildKata } from './artifacts/kata.ts';
import { buildSysbox } from './artifacts/sysbox.ts';

/** How an archive is compressed. Upstream publishes both forms. */
export type Compression = 'zstd' | 'bz2';

/** Builds a stand-in artifact; the bytes are the same every time. */
export type ArtifactBuilder = (version: string, architecture: string, compression: Compression) => Buffer;

/** The builders of each runtime's stand-in artifacts. */
export interface Builders extends Readonly<Record<Runtime, ArtifactBuilder>> {
  readonly kata: (version: string, architecture: string) => Buffer;
  readonly sysbox: (version: string, architecture: string) => Buffer;
}

/** The kernel version that gVisor shows in a container. */
const guestKernel = '4.19.0-gvisor';

/**
 * The files of a stand-in for a gVisor version: upstream's names and layout, with small shell scripts inside. It keeps
 * the rules that an installation can break: `gvisor-bin/` must be beside the real `runsc`, every file must be
 * executable, and only what runs through the sentry sees gVisor's kernel.
 */
function files(version: string): Record<string, string> {
  return {
    runsc: `#!/bin/sh
# A stand-in for gVisor's runsc.
here=$(dirname "$(readlink -f "$0")")
sentry=$here/gvisor-bin/gvisor_sentry
while :; do
  case $1 in
    --version) echo "runsc version release-${version}"; echo "spec: 1.2.0"; exit 0 ;;
    --*=*) shift ;;
    do | run) break ;;
    *) echo "runsc (stand-in): unknown argument $1" >&2; exit 128 ;;
  esac
done
if [ ! -x "$sentry" ]; then
  echo "sidecar gvisor_sentry not usable: stat $sentry: no such file or directory" >&2
  exit 128
fi
verb=$1
shift
if [ "$verb" = do ]; then exec "$sentry" '' "$@"; fi
exec "$sentry" "$@"
`,
    'containerd-shim-runsc-v1': `#!/bin/sh
# A stand-in for gVisor's shim: CONFIG ROOTFS COMMAND…; it finds runsc in PATH, as the real one does.
config=$1
shift
if [ -n "$config" ] && ! grep -q 'runsc_config' "$config"; then
  echo "shim: cannot read $config" >&2
  exit 1
fi
exec runsc --platform=systrap run "$@"
`,
    'gvisor-bin/gvisor_sentry': `#!/bin/sh
# A stand-in for gVisor's sentry: ROOTFS COMMAND…; what runs here sees another kernel.
rootfs=$1
shift
PATH=$(dirname "$0")/guest:$rootfs/bin:$PATH
export PATH
program=$1
shift
exec "$rootfs$program" "$@"
`,
    'gvisor-bin/gvisor-sentry-prewarmer': '#!/bin/sh\nexit 0\n',
    'gvisor-bin/guest/uname': `#!/bin/sh\necho ${guestKernel}\n`,
    'gvisor-bin/guest/dmesg': `#!/bin/sh
echo '[    0.000000] Starting gVisor...'
echo '[    0.331920] Preparing for the zombie uprising...'
`,
  };
}

const built = new Map<string, Buffer>();

/**
 * Builds a stand-in artifact; the bytes are the same every time.
 *
 * @throws if `bz2` is requested and the host has no bzip2
 */
export function buildArtifact(version: string, architecture: string, compression: Compression): Buffer {
  const key = `${version} ${architecture} ${compression}`;
  const known = built.get(key);
  if (known !== undefined) return known;
  const contents = tar({ ...files(version), README: `A stand-in for gVisor ${version}, ${architecture}.\n` });
  const archive =
    compression === 'zstd' ? zstdCompressSync(contents) : execFileSync('bzip2', ['-c'], { input: contents });
  built.set(key, archive);
  return archive;
}

/** The builders for machines in a directory tree. */
export const simulatedBuilders: Builders = { gvisor: buildArtifact, kata: buildKata, sysbox: buildSysbox };

/**
 * The catalogue for a local run: the same versions, addresses and rules, with the checksums and sizes of the stand-in
 * artifacts that the mirror serves. Callers have to show that the artifacts are stand-ins.
 */
export function simulatedCatalogue(
  catalogue: Catalogue,
  compression: Compression = 'zstd',
  builders: Partial<Builders> = {},
): Catalogue {
  const all = { ...simulatedBuilders, ...builders };
  const entries = Object.entries(catalogue.runtimes) as [Runtime, CatalogueRuntime][];
  const runtimes = entries.map(([runtime, entry]) => {
    // Upstream publishes both compressions only for gVisor.
    const suffix = runtime === 'gvisor' ? `.tar.${compression}` : undefined;
    return [runtime, pinned(entry, (version, arch) => all[runtime](version, arch, compression), suffix)];
  });
  return { ...catalogue, runtimes: Object.fromEntries(runtimes) };
}

function pinned(
  runtime: CatalogueRuntime,
  build: (version: string, architecture: string) => Buffer,
  suffix?: string,
): CatalogueRuntime {
  const versions = runtime.versions.map(({ version, artifacts, ...rest }) => ({
    ...rest,
    version,
    artifacts: Object.fromEntries(
      architectures.flatMap((architecture) => {
        const artifact = artifacts[architecture];
        return artifact === undefined ? [] : [[architecture, pin(artifact, build(version, architecture), suffix)]];
      }),
    ),
  }));
  return { ...runtime, versions };
}

function pin(artifact: Artifact, archive: Buffer, suffix?: string): Artifact {
  return {
    url: suffix === undefined ? artifact.url : artifact.url.replace(/\.tar\.\w+$/, suffix),
    sha256: createHash('sha256').update(archive).digest('hex'),
    size: archive.length,
  };
}
