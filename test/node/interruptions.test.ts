import { describe, expect, it } from 'vitest';
import type { Runtime } from '../../domain/runtimes.ts';
import type { ArtifactKind, RealMachine } from '../../packages/lab/real-machines.ts';
import { runDocument } from '../../packages/local-aws/agent.ts';
import type { Verb } from '../../ssm-documents/assemble.ts';
import { expectAsBefore, expectInstalled, onNode, run, snapshot, supplyOf } from './installation.ts';
import { interruptedAt } from './interruption.ts';
import { newest, targets } from './targets.ts';

/** The boundaries of a gVisor installation, in their order. */
const installing = [
  'download, attempt 1',
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

const edited = ['journal says edited', 'configuration changed', 'restart containerd', 'containerd answers'];

/**
 * The code that is the same for every runtime: the download, and everything from the configuration change on. One of
 * those boundaries is enough for each runtime, because what is finished or undone there differs only by the files that
 * the runtime has put in place.
 */
const shared = new Set([
  ...['download, attempt 1', 'journal says edited', 'configuration changed'],
  ...['containerd answers', 'proven on the host', 'journal closed'],
]);

/** Those of the other operations that change a node. */
const others = [
  {
    what: 'an installation of Kata',
    verb: 'install',
    runtime: 'kata',
    ours: ['kata-qemu'],
    boundaries: [
      ...['download, attempt 1', 'staged', 'journal says linking', 'version in its place'],
      ...['modules are loaded at boot', 'proven offline', ...edited, 'proven on the host', 'journal closed'],
    ],
  },
  {
    what: 'an installation of Sysbox',
    verb: 'install',
    runtime: 'sysbox',
    ours: ['sysbox-runc'],
    boundaries: [
      ...['download, attempt 1', 'staged', 'journal says linking', 'package installed', 'package is ours'],
      ...['units are active', 'features are right', ...edited, 'proven on the host', 'journal closed'],
    ],
  },
  {
    what: 'an uninstallation of gVisor',
    verb: 'uninstall',
    runtime: 'gvisor',
    ours: [],
    boundaries: [...edited, 'journal says deleting', 'links removed', 'files removed', 'journal closed'],
  },
] as const;

/** The boundaries during an undo. */
const undoing = ['journal says undoing', 'configuration put back', 'links put back'];

async function interrupt(
  machine: RealMachine,
  step: string,
  kind: ArtifactKind,
  end: (kill: () => void) => void | Promise<void>,
  verb: Verb = 'install',
  runtime: Runtime = 'gvisor',
): Promise<void> {
  const { document } = await supplyOf(kind);
  const { plugins } = await runDocument(
    document(verb, runtime).content,
    {},
    { machine: interruptedAt(machine, step, end), commandId: 'a-command-that-is-ended' },
  );
  expect(plugins[0]?.stdout).toBe('');
}

/** The boundaries that a run passes. */
async function stepsOf(machine: RealMachine, verb: Verb, runtime: Runtime): Promise<readonly (string | undefined)[]> {
  const { document } = await supplyOf('sandboxed');
  const { plugins } = await runDocument(document(verb, runtime).content, {}, { machine, commandId: 'a-command' });
  return [...(plugins[0]?.stderr ?? '').matchAll(/ step: (.*)$/gm)].map(([, step]) => step);
}

it('the runs pass these boundaries and no other', async () => {
  for (const target of targets) {
    await onNode(target, {}, async (machine) => {
      expect(await stepsOf(machine, 'install', 'gvisor')).toEqual(installing);
    });
  }
  for (const { verb, runtime, boundaries } of others) {
    await onNode(newest, {}, async (machine) => {
      if (verb === 'uninstall') await run(machine, 'install', { runtime });
      expect(await stepsOf(machine, verb, runtime)).toEqual(boundaries);
    });
  }
});

describe.each(others)('$what', ({ verb, runtime, ours, boundaries }) => {
  const own = boundaries.filter((step) => verb === 'uninstall' || !shared.has(step));

  it.each(own)('killed at "%s": the next run completes it, and the one after changes nothing', async (step) => {
    await onNode(newest, {}, async (machine) => {
      const before = await snapshot(machine);
      if (verb === 'uninstall') await run(machine, 'install', { runtime });
      await interrupt(machine, step, 'sandboxed', (kill) => kill(), verb, runtime);

      const result = await run(machine, verb, { runtime });

      expect(['installed', 'already-installed', 'uninstalled']).toContain(result.outcome);
      expect(result.restarts).toBeLessThanOrEqual(1);
      const after = await snapshot(machine);
      expectInstalled(after, before, ours);
      expect(await run(machine, verb, { runtime })).toMatchObject({ restarts: 0, config: 'untouched' });
      expect((await snapshot(machine)).daemon).toEqual(after.daemon);
    });
  });
});

describe.each(targets)('$name', (target) => {
  // The steps before the configuration change, and those after the restart, do not depend on the containerd.
  const boundaries = target === newest ? installing : edited.slice(1);

  it.each(boundaries)('killed at "%s": the next run completes it, and the one after changes nothing', async (step) => {
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

it.each(undoing)(
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

it.each(['links switched', 'configuration changed', 'containerd answers'])(
  'the power fails at "%s": after the boot the next run completes the installation',
  async (step) => {
    await onNode(newest, {}, async (machine) => {
      const before = await snapshot(machine);
      await interrupt(machine, step, 'sandboxed', () => machine.powerOff());
      await machine.powerOn();

      const result = await run(machine);

      expect(['installed', 'already-installed']).toContain(result.outcome);
      const after = await snapshot(machine);
      // Containers do not survive a boot, and systemd starts counting from zero.
      expectInstalled({ ...after, containers: before.containers }, before);
      expect(await run(machine)).toMatchObject({ outcome: 'already-installed', restarts: 0 });
    });
  },
);
