import { AssertionError } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { type ArtifactKind, type RealMachine, realFaults } from '../../packages/lab/real-machines.ts';
import { scriptOf } from '../../ssm-documents/assemble.ts';
import { type Guard, type GuardedNode, guards, without } from '../ssm-documents/guards.ts';
import { readShown } from '../ssm-documents/shown.ts';
import { onNode, runtimesIn, snapshot, supplyOf, withoutHandlers } from './installation.ts';
import { newest, targets } from './targets.ts';

function guarded(machine: RealMachine, kind: ArtifactKind): GuardedNode {
  return {
    install: async (change) => {
      const { document } = await supplyOf(kind);
      const text = change(scriptOf(document('install')));
      const ended = await machine.run({ text, environment: { SSM_Version: '20260928.0' }, timeoutSeconds: 100 });
      const read = readShown(ended);
      if (!read.ok) throw new Error(`${read.reason}\n${ended.stderr}`);
      return read.result;
    },
    others: async () => withoutHandlers((await snapshot(machine)).effective, ['runsc']),
    bytes: () => machine.configuration(),
    handlers: async () => Object.keys(runtimesIn((await snapshot(machine)).effective)),
    unpacked: async () => (await machine.exec(['test', '-e', '/opt/airlock/gvisor/20260928.0'])).exitCode === 0,
  };
}

/** Tests a guard's rule on a fresh node. */
async function play(guard: Guard, change: (text: string) => string): Promise<void> {
  const { options = {}, kind = 'sandboxed' } = (guard.fault && realFaults[guard.fault]) ?? {};
  const target = targets.find(({ series }) => series === guard.containerd) ?? newest;
  const configuration = guard.configuration === undefined ? {} : { configuration: guard.configuration };
  await onNode(target, { ...options, ...configuration, kind }, (machine) => guard.rule(guarded(machine, kind), change));
}

// The other tests show, on these nodes too, that each rule holds with its guard.
describe('on a real node', () => {
  it.each(guards)('$name: broken if the guard is removed', async (guard) => {
    await expect(play(guard, without(guard))).rejects.toThrow(AssertionError);
  });
});
