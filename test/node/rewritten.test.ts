import { describe, expect, it } from 'vitest';
import type { RealMachine } from '../../packages/lab/real-machines.ts';
import { expectAsBefore, onNode, run, runtimesIn, snapshot } from './installation.ts';
import { newest, targets } from './targets.ts';

const path = '/etc/containerd/config.toml';

/** Tools that write the file from its parsed content; comments, including our marks, are lost. */
const tools = {
  'drops comments': `grep -v '^ *#' ${path} >/run/new; cat /run/new >${path}`,
  'writes out everything': `containerd config dump >/run/new; sed -i '/^imports = /d' /run/new; cat /run/new >${path}`,
  'indents, and quotes otherwise': `grep -v '^ *#' ${path} | sed -e "s/\\"/'/g" -e 's/^/\\t/' >/run/new; cat /run/new >${path}`,
} as const;

async function rewrite(machine: RealMachine, tool: keyof typeof tools): Promise<void> {
  await machine.read('sh', '-c', `${tools[tool]}; systemctl restart containerd`);
}

describe.each(targets)('$name: our handler without our marks', (target) => {
  it.each(Object.keys(tools) as (keyof typeof tools)[])(
    'after a tool that %s is recognized, proven and removed',
    async (tool) => {
      await onNode(target, {}, async (machine) => {
        await run(machine);
        await rewrite(machine, tool);
        const before = await snapshot(machine);
        expect(await machine.configuration()).not.toContain('airlock:');

        expect(await run(machine)).toMatchObject({ outcome: 'already-installed', restarts: 0, config: 'untouched' });
        expect(await run(machine, 'prove')).toMatchObject({ outcome: 'proven' });
        expectAsBefore(await snapshot(machine), before);
        expect(await run(machine, 'uninstall')).toMatchObject({ outcome: 'uninstalled', restarts: 1 });

        const after = await snapshot(machine);
        expect(Object.keys(runtimesIn(after.effective))).toEqual(['runc']);
        expect(after.containers).toEqual(before.containers);
        expect((await machine.exec(['test', '-e', '/opt/airlock/gvisor'])).exitCode).toBe(1);
      });
    },
  );
});

describe('our handler without our marks', () => {
  it('that a tool moved into an import stays, and its files with it: the uninstallation is refused', async () => {
    const text = `version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n`;
    await onNode(newest, { configuration: { text } }, async (machine) => {
      await run(machine);
      const moved = `mkdir -p /etc/containerd/conf.d; { echo 'version = 2'; sed -n '/airlock:begin/,$p' ${path} | grep -v '^ *#'; } >/etc/containerd/conf.d/all.toml; sed -i '/airlock:begin/,$d' ${path}`;
      await machine.read('sh', '-c', `${moved}; systemctl restart containerd`);
      const before = await snapshot(machine);

      expect(await run(machine)).toMatchObject({ outcome: 'already-installed' });
      const result = await run(machine, 'uninstall');

      expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
      expect(result.detail).toContain('runsc');
      expectAsBefore(await snapshot(machine), before);
      expect(await run(machine, 'prove')).toMatchObject({ outcome: 'proven' });
    });
  });

  it('that was changed is not ours: an installation is refused', async () => {
    await onNode(newest, {}, async (machine) => {
      await run(machine);
      await rewrite(machine, 'drops comments');
      await machine.read(
        'sh',
        '-c',
        `sed -i 's#/etc/containerd/runsc.toml#/etc/containerd/other.toml#' ${path}; systemctl restart containerd`,
      );
      expect(await run(machine)).toMatchObject({ outcome: 'handler-conflict', restarts: 0 });
      expect(await run(machine, 'uninstall')).toMatchObject({ outcome: 'handler-conflict', restarts: 0 });
    });
  });

  it.each(['kata', 'sysbox'] as const)('of %s: the same', async (runtime) => {
    await onNode(newest, {}, async (machine) => {
      await run(machine, 'install', { runtime });
      await rewrite(machine, 'drops comments');
      expect(await run(machine, 'install', { runtime })).toMatchObject({ outcome: 'already-installed', restarts: 0 });
      expect(await run(machine, 'prove', { runtime })).toMatchObject({ outcome: 'proven' });
      expect(await run(machine, 'uninstall', { runtime })).toMatchObject({ outcome: 'uninstalled', restarts: 1 });
      expect(Object.keys(runtimesIn((await snapshot(machine)).effective))).toEqual(['runc']);
    });
  });
});
