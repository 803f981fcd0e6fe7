import { AssertionError } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isTable, type SimulatedMachine, tableAt } from '../../packages/lab/machines.ts';
import { scriptOf } from '../../ssm-documents/assemble.ts';
import { type GuardedNode, guards, without } from './guards.ts';
import { documentOf, nodes, resultOf } from './node.ts';
import { readShown } from './shown.ts';

const node = nodes();

function guarded(machine: SimulatedMachine): GuardedNode {
  const tables = () => {
    const whole = structuredClone(machine.effective());
    const ids = ['io.containerd.grpc.v1.cri', 'io.containerd.cri.v1.runtime'];
    const runtimes = ids.map((id) => tableAt(whole, 'plugins', id, 'containerd', 'runtimes')).filter(isTable);
    return { whole, runtimes };
  };
  return {
    install: async (change) => {
      const text = change(scriptOf(documentOf('install')));
      const ended = await machine.run({ text, environment: { SSM_Version: '20260928.0' }, timeoutSeconds: 60 });
      return resultOf(readShown(ended), ended.stderr);
    },
    others: async () => {
      const { whole, runtimes } = tables();
      for (const table of runtimes) delete table['runsc'];
      return whole;
    },
    bytes: async () => readFileSync(machine.tree + machine.config, 'utf8'),
    handlers: async () => tables().runtimes.flatMap((table) => Object.keys(table)),
    unpacked: async () => existsSync(`${machine.tree}/opt/airlock/gvisor/20260928.0`),
  };
}

describe.each(guards)('$name', (guard) => {
  const create = () =>
    node.create({
      containerd: guard.containerd === '1.7' ? '1.7.24' : '2.2.1',
      ...(guard.configuration === undefined ? {} : { configuration: guard.configuration }),
      ...(guard.fault === undefined ? {} : { faults: [guard.fault] }),
    });

  it('holds', async () => {
    await guard.rule(guarded(await create()), (text) => text);
  });

  it('is broken if the guard is removed', async () => {
    await expect(guard.rule(guarded(await create()), without(guard))).rejects.toThrow(AssertionError);
  });
});
