import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Runtime } from '../../domain/runtimes.ts';
import type { SimulatedMachine } from '../../packages/lab/machines.ts';
import { filesOf, killAt, nodes, run, runChanged } from './node.ts';

const node = nodes();
const bytesOf = (machine: SimulatedMachine) => {
  const file = machine.tree + machine.config;
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
};

describe('two runtimes on one node', () => {
  const orders: readonly (readonly [Runtime, Runtime, 'none' | 'no-newline' | 'v3'])[] = [
    ['gvisor', 'kata', 'no-newline'],
    ['kata', 'gvisor', 'none'],
    ['sysbox', 'gvisor', 'v3'],
    ['kata', 'sysbox', 'no-newline'],
  ];
  it.each(orders)(
    '%s and then %s run beside each other and are removed one by one: %s',
    async (first, second, configuration) => {
      const machine = await node.create({ configuration });
      const before = { bytes: bytesOf(machine), files: filesOf(machine), effective: machine.effective() };

      const one = await run(machine, 'install', { runtime: first });
      const other = await run(machine, 'install', { runtime: second });
      const proofs = [
        await run(machine, 'prove', { runtime: first }),
        await run(machine, 'prove', { runtime: second }),
        await run(machine, 'install', { runtime: first }),
      ].map(({ result }) => [result.outcome, result.restarts]);
      // The one that was installed first, and knows the original file, is removed first.
      const gone = await run(machine, 'uninstall', { runtime: first });
      const stays = await run(machine, 'prove', { runtime: second });
      const last = await run(machine, 'uninstall', { runtime: second });

      expect([one, other, gone, last].map(({ result }) => [result.outcome, result.restarts])).toEqual([
        ['installed', 1],
        ['installed', 1],
        ['uninstalled', 1],
        ['uninstalled', 1],
      ]);
      expect(proofs).toEqual([
        ['proven', 0],
        ['proven', 0],
        ['already-installed', 0],
      ]);
      expect(stays.result.outcome).toBe('proven');
      expect(bytesOf(machine)).toBe(before.bytes);
      expect(machine.effective()).toEqual(before.effective);
      expect(filesOf(machine).filter((path) => path.startsWith('opt/') || path.startsWith('var/lib/'))).toEqual(
        before.files.filter((path) => path.startsWith('opt/') || path.startsWith('var/lib/')),
      );
    },
  );

  it('do not take over a killed run of the other', async () => {
    const machine = await node.create();
    await runChanged(machine, killAt(9));

    const { result } = await run(machine, 'install', { runtime: 'kata' });

    expect(result).toMatchObject({ outcome: 'concurrent-run', config: 'untouched', restarts: 0 });
    expect(result.detail).toBe('the last install of gvisor on this node did not end; run it again first');
    expect((await run(machine)).result.outcome).toBe('installed');
    expect((await run(machine, 'install', { runtime: 'kata' })).result.outcome).toBe('installed');
  });
});

describe('a change of gVisor to another version', () => {
  const releases = (machine: SimulatedMachine) => readdirSync(`${machine.tree}/opt/airlock/gvisor`).sort();

  it('keeps the earlier version as long as a sandbox of it runs, and removes it later', async () => {
    const machine = await node.create();
    await run(machine, 'install', '20260921.0');
    machine.startSandbox('gvisor');

    const change = await run(machine);
    const during = releases(machine);
    machine.endSandboxes();
    const again = await run(machine);

    expect(change.result).toMatchObject({ outcome: 'installed', restarts: 0, config: 'untouched' });
    expect(during).toEqual(['20260921.0', '20260928.0', 'current']);
    expect(again.result).toMatchObject({ outcome: 'already-installed', restarts: 0 });
    expect(releases(machine)).toEqual(['20260928.0', 'current']);
  });

  it('returns to the earlier version if the new one does not work through containerd', async () => {
    const machine = await node.create();
    await run(machine, 'install', '20260921.0');

    const ended = await runChanged(machine, (text) =>
      text.replace(/^prove_on_host\(\) \{$/m, () => 'prove_on_host() {\n  fail proof-failed broken\n'),
    );

    expect(ended.stdout).toMatch(/"outcome":"proof-failed".*"config":"untouched","restarts":0/);
    expect((await run(machine, 'prove', '20260921.0')).result.outcome).toBe('proven');
  });
});
