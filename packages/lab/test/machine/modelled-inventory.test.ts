import { expect, it } from 'vitest';
import { readResult } from '../../../../domain/result.ts';
import { scriptOf } from '../../../../ssm-documents/assemble.ts';
import { documentOf, nodes } from '../../../../test/ssm-documents/node.ts';
import type { Machine } from '../../machine/machine.ts';
import { ModelledMachine } from '../../machine/modelled.ts';

const node = nodes();

/** What a machine answers to an inventory before an installation of gVisor and after it, without its times. */
async function inventoriesOf(machine: Machine) {
  const run = (verb: 'install' | 'inventory', environment: Readonly<Record<string, string>>) =>
    machine.run({ text: scriptOf(documentOf(verb)), environment, timeoutSeconds: 120 });
  const answers = [];
  for (const version of [undefined, '20260928.0']) {
    if (version !== undefined) await run('install', { SSM_Version: version, SSM_Seconds: '900' });
    const { exitCode, stdout } = await run('inventory', {});
    const read = readResult(stdout);
    if (!read.ok) throw new Error(read.reason);
    const { phases, ...result } = read.result;
    answers.push({ exitCode, result, phases: Object.keys(phases) });
  }
  return answers;
}

it('a modelled machine answers an inventory as the simulated machine does', async () => {
  const real = await inventoriesOf(await node.create());
  expect(real.map(({ result }) => [result.outcome, result.version])).toEqual([
    ['inventoried', ''],
    ['inventoried', '20260928.0'],
  ]);
  expect(await inventoriesOf(new ModelledMachine())).toEqual(real);
});
