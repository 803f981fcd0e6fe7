import { describe, expect, it } from 'vitest';
import type { OutcomeCode } from '../../domain/outcomes.ts';
import type { RealOptions } from '../../packages/lab/real-machines.ts';
import { expectAsBefore, expectInstalled, onNode, run, snapshot, supplyOf } from './installation.ts';
import { targets } from './targets.ts';

/** A configuration file from the field, and the result of an installation with it. */
interface Case {
  readonly name: string;
  readonly configuration: NonNullable<RealOptions['configuration']>;
  /** The result of a run on containerd 1.x and 2.x; `undefined` if that daemon would not start with the file at all. */
  readonly outcome: Readonly<Record<'1.x' | '2.x', 'installed' | OutcomeCode | undefined>>;
  /** What a refusal must name. */
  readonly named?: string;
}

const both = (outcome: 'installed' | OutcomeCode) => ({ '1.x': outcome, '2.x': outcome });

/**
 * The form that nvidia's toolkit writes: an import of conf.d, and there a copy of the whole CRI section with its own
 * handler.
 */
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

/** A registry mirror that sets two CRI settings, beside a root with many more. */
const mirror = {
  text: `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
# extra configuration may be put beside this file
imports = ["/etc/containerd/config.d/*.toml"]

[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"
discard_unpacked_layers = true

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.5"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true
`,
  files: {
    '/etc/containerd/config.d/mirror.toml': `version = 2

[plugins."io.containerd.grpc.v1.cri".registry]
   config_path = "/etc/containerd/certs.d"
[plugins."io.containerd.grpc.v1.cri".containerd]
   discard_unpacked_layers = false
`,
  },
};

/** A version 2 root that imports a version 3 file. */
const newerDropIn = {
  text: nvidia.text,
  files: {
    '/etc/containerd/conf.d/99-nvidia.toml': `version = 3

[plugins."io.containerd.cri.v1.runtime".containerd]
default_runtime_name = "nvidia"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.nvidia]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.nvidia.options]
BinaryName = "/usr/local/nvidia/toolkit/nvidia-container-runtime"
SystemdCgroup = true
`,
  },
};

/** The import that removes the root's section is itself imported by another one. */
const deepDropIn = {
  text: nvidia.text,
  files: {
    '/etc/containerd/conf.d/10-site.toml': 'version = 2\nimports = ["/etc/containerd/site/*.toml"]\n',
    '/etc/containerd/site/cri.toml': `version = 2\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "example.com/pause:1"\n`,
  },
};

const cases: readonly Case[] = [
  { name: 'what the bootstrap of EKS writes', configuration: 'eks-v2', outcome: both('installed') },
  { name: 'containerd config default', configuration: 'default', outcome: both('installed') },
  { name: 'no file at all', configuration: 'none', outcome: both('installed') },
  { name: 'a last line without its end', configuration: 'no-newline', outcome: both('installed') },
  { name: 'imports with a glob', configuration: 'imports', outcome: both('installed') },
  { name: 'an import of a file that is gone', configuration: 'missing-import', outcome: both('config-rejected') },
  { name: "Docker's, which disables CRI", configuration: 'docker', outcome: both('config-rejected') },
  {
    name: "nvidia's copy of the CRI section",
    configuration: nvidia,
    // 1.x uses that copy in place of the root's whole section, so a block in the root would be lost.
    outcome: { '1.x': 'config-rejected', '2.x': 'installed' },
    named: '/etc/containerd/conf.d/99-nvidia.toml',
  },
  {
    name: "a registry mirror's two settings of CRI",
    configuration: mirror,
    outcome: { '1.x': 'config-rejected', '2.x': 'installed' },
    named: '/etc/containerd/config.d/mirror.toml',
  },
  {
    name: 'a file of version 3 below a root of version 2',
    configuration: newerDropIn,
    // 2.0 to 2.2 lose the settings of the root, 2.3 and 1.x do not start.
    outcome: { '1.x': undefined, '2.x': 'config-rejected' },
    named: '/etc/containerd/conf.d/99-nvidia.toml (version 3), which it imports',
  },
  {
    name: 'an import of an import that has a CRI section',
    configuration: deepDropIn,
    outcome: { '1.x': 'config-rejected', '2.x': 'installed' },
    named: '/etc/containerd/site/cri.toml',
  },
  { name: 'a file broken by hand', configuration: 'broken', outcome: both('config-rejected') },
  { name: 'a handler of our name into plain runc', configuration: 'foreign', outcome: both('handler-conflict') },
  {
    name: "what Debian's package brings",
    configuration: 'packaged',
    // It has a CRI section without runc; see below.
    outcome: { '1.x': 'config-rejected', '2.x': 'installed' },
  },
  {
    name: 'a CRI section without runc',
    configuration: 'no-runc',
    // On 1.x a first runtime in the file removes the built-in runc.
    outcome: { '1.x': 'config-rejected', '2.x': 'installed' },
  },
  { name: 'a file of version 3', configuration: 'v3', outcome: { '1.x': undefined, '2.x': 'installed' } },
  {
    name: 'a file without its version',
    configuration: 'no-version',
    outcome: { '1.x': 'config-rejected', '2.x': 'installed' },
  },
];

describe.each(targets)('$name', (target) => {
  for (const entry of cases) {
    const outcome = entry.outcome[target.series === '2.x' ? '2.x' : '1.x'];
    if (outcome === undefined) continue;

    if (outcome === 'installed') {
      it(`${entry.name}: only our handler is added, and a second run changes nothing`, async () => {
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
        });
      });
      continue;
    }

    it(`${entry.name}: refused (${outcome}), and nothing is changed, downloaded or restarted`, async () => {
      await onNode(target, entry, async (machine) => {
        const { requests } = await supplyOf('sandboxed');
        const before = await snapshot(machine);
        const asked = requests();

        const result = await run(machine);

        expect(result).toMatchObject({ outcome, config: 'untouched', restarts: 0 });
        expect(result.detail).toMatch(/./);
        expect(result.detail).toContain(entry.named ?? '');
        const after = await snapshot(machine);
        expectAsBefore(after, before);
        expect(after).toEqual(before);
        expect(requests()).toBe(asked);
      });
    });
  }
});
