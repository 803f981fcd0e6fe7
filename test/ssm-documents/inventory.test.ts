import { describe, expect, it } from 'vitest';
import { filesOf, nodes, run } from './node.ts';

const node = nodes();

describe('an inventory', () => {
  it('tells the version on the node and the running sandboxes, and leaves no file but the log', async () => {
    const machine = await node.create();
    const before = filesOf(machine);
    const empty = await run(machine, 'inventory');
    const after = filesOf(machine);
    await run(machine, 'install', { version: '20260921.0' });
    machine.startSandbox('gvisor');
    await run(machine);
    const switched = await run(machine, 'inventory');
    machine.endSandboxes();
    const ended = await run(machine, 'inventory');

    expect(empty).toMatchObject({ exitCode: 0, result: { outcome: 'inventoried', version: '', restarts: 0 } });
    const own = /^var\/(lib\/airlock|log\/airlock\.log)/;
    expect(after.filter((path) => !own.test(path))).toEqual(before);
    expect(switched.result).toMatchObject({
      version: '20260928.0',
      sandboxes: { '20260921.0': 1 },
      config: 'untouched',
    });
    expect(ended.result).toMatchObject({ outcome: 'inventoried', version: '20260928.0' });
    expect(ended.result).not.toHaveProperty('sandboxes');
  });
});
