import { describe, expect, test } from 'vitest';
import { runDocument } from '../../local/agent/run-document.ts';
import type { RealMachine } from '../../local/machine/real/machine.ts';
import type { ReleaseKind } from '../../local/machine/real/release.ts';
import { expectAsBefore, expectInstalled, onNode, run, snapshot, supplyOf } from './installation.ts';
import { interruptedAt } from './interruption.ts';
import { newest, targets } from './targets.ts';

/** The boundaries of an installation, in their order. */
const installing = [
  'download, attempt 1',
  'unpack',
  'unpacked',
  'proven offline',
  'staged',
  'journal says linking',
  'current switched',
  'links switched',
  'runsc.toml written',
  'journal says edited',
  'configuration changed',
  'restart containerd',
  'containerd answers',
  'proven on the host',
  'journal closed',
];

/** The boundaries at which something is being put back. */
const undoing = ['journal says undoing', 'configuration put back', 'links put back'];

async function interrupt(
  machine: RealMachine,
  step: string,
  kind: ReleaseKind,
  end: (kill: () => void) => void | Promise<void>,
): Promise<void> {
  const { document } = await supplyOf(kind);
  const { plugins } = await runDocument(
    document('install').content,
    {},
    { machine: interruptedAt(machine, step, end), commandId: 'a-command-that-is-ended' },
  );
  expect(plugins[0]?.stdout).toBe('');
}

test('an installation passes these boundaries and no other', async () => {
  for (const target of targets) {
    await onNode(target, {}, async (machine) => {
      const { document } = await supplyOf('sandboxed');
      const { plugins } = await runDocument(document('install').content, {}, { machine, commandId: 'a-command' });
      const steps = [...(plugins[0]?.stderr ?? '').matchAll(/ step: (.*)$/gm)].map(([, step]) => step);
      expect(steps).toEqual(installing);
    });
  }
});

describe.each(targets)('$name', (target) => {
  // What comes before the configuration is touched does not depend on the containerd.
  const boundaries = target === newest ? installing : installing.slice(installing.indexOf('journal says edited'));

  test.each(boundaries)('killed at "%s": the next run ends it, and the one after changes nothing', async (step) => {
    await onNode(target, {}, async (machine) => {
      const before = await snapshot(machine);
      await interrupt(machine, step, 'sandboxed', (kill) => kill());

      const result = await run(machine);

      expect(['installed', 'already-installed']).toContain(result.outcome);
      const after = await snapshot(machine);
      expectInstalled(after, before);
      expect(result.restarts).toBeLessThanOrEqual(1);
      expect(await run(machine)).toMatchObject({ outcome: 'already-installed', restarts: 0 });
      expect(await snapshot(machine)).toEqual(after);
    });
  });
});

test.each(undoing)(
  'killed at "%s" while a failure is undone: the next run ends with the node as before',
  async (step) => {
    await onNode(newest, { kind: 'plain-runc' }, async (machine) => {
      const before = await snapshot(machine);
      await interrupt(machine, step, 'plain-runc', (kill) => kill());

      const result = await run(machine, 'install', { kind: 'plain-runc' });

      expect(result).toMatchObject({ outcome: 'proof-failed' });
      expectAsBefore(await snapshot(machine), before);
    });
  },
);

test.each(['links switched', 'configuration changed', 'containerd answers'])(
  'the power goes at "%s": after the boot the next run ends the installation',
  async (step) => {
    await onNode(newest, {}, async (machine) => {
      const before = await snapshot(machine);
      await interrupt(machine, step, 'sandboxed', () => machine.powerOff());
      await machine.powerOn();

      const result = await run(machine);

      expect(['installed', 'already-installed']).toContain(result.outcome);
      const after = await snapshot(machine);
      // Containers do not outlive a boot, and systemd counts anew.
      expectInstalled({ ...after, containers: before.containers }, before);
      expect(await run(machine)).toMatchObject({ outcome: 'already-installed', restarts: 0 });
    });
  },
);

test('a node on which gVisor is installed boots with it, and a run after the boot changes nothing', async () => {
  await onNode(newest, {}, async (machine) => {
    await run(machine);
    await machine.reboot();
    const before = await snapshot(machine);

    expect(before.handlers).toContain('runsc');
    expect(await run(machine)).toMatchObject({ outcome: 'already-installed', restarts: 0, config: 'untouched' });
    expect(await snapshot(machine)).toEqual(before);
  });
});
