import { describe, expect, test } from 'vitest';
import type { OutcomeCode } from '../../domain/outcomes.ts';
import type { RealOptions } from '../../local/machine/real/machine.ts';
import { expectAsBefore, expectInstalled, onNode, run, snapshot, supplyOf } from './installation.ts';
import { targets } from './targets.ts';

/** A configuration file that people have, and what an installation makes of it. */
interface Case {
  readonly name: string;
  readonly configuration: NonNullable<RealOptions['configuration']>;
  /** What a run on containerd 1.x and 2.x ends with; `undefined` where that daemon would not start with the file at all. */
  readonly outcome: Readonly<Record<'1.x' | '2.x', 'installed' | OutcomeCode | undefined>>;
}

const both = (outcome: 'installed' | OutcomeCode) => ({ '1.x': outcome, '2.x': outcome });

/** What nvidia's toolkit writes: an import of conf.d, and there a copy of the whole CRI section with a handler of its own. */
const nvidia = {
  text: 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n',
  files: {
    '/etc/containerd/conf.d/99-nvidia.toml': `version = 2

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.k8s.io/pause:3.9"

[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia.options]
BinaryName = "/usr/bin/nvidia-container-runtime"
`,
  },
};

const cases: readonly Case[] = [
  { name: 'what the bootstrap of EKS writes', configuration: 'eks-v2', outcome: both('installed') },
  { name: 'containerd config default', configuration: 'default', outcome: both('installed') },
  { name: 'no file at all', configuration: 'none', outcome: both('installed') },
  { name: 'a last line without its end', configuration: 'no-newline', outcome: both('installed') },
  { name: 'imports with a glob', configuration: 'imports', outcome: both('installed') },
  { name: 'an import of a file that is gone', configuration: 'missing-import', outcome: both('config-refused') },
  { name: "Docker's, which disables CRI", configuration: 'docker', outcome: both('config-refused') },
  {
    name: "nvidia's copy of the CRI section",
    configuration: nvidia,
    // 1.x takes that copy in place of the root's whole section, so a block in the root would be lost.
    outcome: { '1.x': 'config-refused', '2.x': 'installed' },
  },
  { name: 'a file broken by hand', configuration: 'broken', outcome: both('config-refused') },
  { name: 'a handler of our name into plain runc', configuration: 'foreign', outcome: both('foreign-handler') },
  {
    name: "what Debian's package brings",
    configuration: 'packaged',
    // It has a CRI section without runc; see below.
    outcome: { '1.x': 'config-refused', '2.x': 'installed' },
  },
  {
    name: 'a CRI section without runc',
    configuration: 'no-runc',
    // On 1.x a first runtime in the file takes the built-in runc away.
    outcome: { '1.x': 'config-refused', '2.x': 'installed' },
  },
  { name: 'a file of version 3', configuration: 'v3', outcome: { '1.x': undefined, '2.x': 'installed' } },
  {
    name: 'a file without its version',
    configuration: 'no-version',
    outcome: { '1.x': 'config-refused', '2.x': 'installed' },
  },
];

describe.each(targets)('$name', (target) => {
  for (const entry of cases) {
    const outcome = entry.outcome[target.series === '2.x' ? '2.x' : '1.x'];
    if (outcome === undefined) continue;

    if (outcome === 'installed') {
      test(`${entry.name}: our handler is the only difference, and a second run changes nothing`, async () => {
        await onNode(target, entry, async (machine) => {
          const before = await snapshot(machine);

          const result = await run(machine);
          const after = await snapshot(machine);
          const again = await run(machine);

          expect(result).toMatchObject({ outcome: 'installed', config: 'edited', restarts: 1, detail: '' });
          expect(result.evidence).toMatch(/^Starting gVisor, kernel /);
          expectInstalled(after, before);
          expect(again).toMatchObject({ outcome: 'already-installed', config: 'untouched', restarts: 0 });
          expect(await snapshot(machine)).toEqual(after);
          expect(await run(machine, 'prove')).toMatchObject({ outcome: 'proven' });
        });
      });
      continue;
    }

    test(`${entry.name}: refused (${outcome}), and nothing is changed, downloaded or restarted`, async () => {
      await onNode(target, entry, async (machine) => {
        const { requests } = await supplyOf('sandboxed');
        const before = await snapshot(machine);
        const asked = requests();

        const result = await run(machine);

        expect(result).toMatchObject({ outcome, config: 'untouched', restarts: 0 });
        expect(result.detail).not.toBe('');
        const after = await snapshot(machine);
        expectAsBefore(after, before);
        expect(after).toEqual(before);
        expect(requests()).toBe(asked);
      });
    });
  }
});
