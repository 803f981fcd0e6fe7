import { describe, expect, it } from 'vitest';
import { configurations } from '../../packages/lab/machines.ts';
import { expectAsBefore, expectInstalled, onNode, run, snapshot, supplyOf } from './installation.ts';
import { newest, targets } from './targets.ts';

/**
 * The observed effects of other gVisor installers on nodes: a DaemonSet and a boot script. Other files cover the rest
 * of the list.
 */
describe('if others left a node broken', () => {
  const own = `${configurations['eks-v2']}
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia.options]
BinaryName = "/usr/bin/nvidia-container-runtime"
SystemdCgroup = true

[metrics]
address = "127.0.0.1:1338"
`;

  it.each(targets)("$name: cgroups, mirrors, metrics and another installer's handler are kept", async (target) => {
    await onNode(target, { configuration: { text: own } }, async (machine) => {
      const before = await snapshot(machine);

      expect(await run(machine)).toMatchObject({ outcome: 'installed', restarts: 1 });

      expectInstalled(await snapshot(machine), before);
      const bytes = await machine.configuration();
      expect(bytes?.startsWith(own)).toBe(true);
    });
  });

  it.each(targets.filter(({ series }) => series !== '2.x'))(
    '$name: a version 3 file with which its next start would fail is refused, and nothing is restarted',
    async (target) => {
      await onNode(target, {}, async (machine) => {
        await machine.write('/etc/containerd/config.toml', configurations.v3);
        const before = await snapshot(machine);

        const result = await run(machine);

        expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
        const after = await snapshot(machine);
        expectAsBefore(after, before);
        expect(after.daemon).toEqual(before.daemon);
      });
    },
  );

  it('a second boot downloads nothing, restarts nothing and keeps the file', async () => {
    await onNode(newest, {}, async (machine) => {
      await run(machine);
      const bytes = await machine.configuration();
      await machine.reboot();
      await machine.read('ctr', '-n', 'k8s.io', 'container', 'rm', 'bystander');
      await machine.startContainer('bystander');
      const before = await snapshot(machine);
      const { requests } = await supplyOf('sandboxed');
      const downloads = requests();

      expect(await run(machine)).toMatchObject({ outcome: 'already-installed', restarts: 0, config: 'untouched' });

      expect(requests()).toBe(downloads);
      expect(await machine.configuration()).toBe(bytes);
      expect(await snapshot(machine)).toEqual(before);
      expect(before.handlers).toContain('runsc');
    });
  });
});
