import { expect, inject, it, onTestFinished } from 'vitest';
import type { ObservedCall } from '../../../local/core.ts';
import { ModelledMachine } from '../../../local/machine/modelled.ts';
import { Stage } from '../../mutations/stage.ts';

const minute = 60_000;
const done = ['Node Admitted', 'Command Sent', 'Node Proven', 'Node Reproven'];

type Side = 'beforeCall' | 'afterCall';

/**
 * Boots a released node with another kernel, and lets the sweep die once at its n-th call from there on.
 *
 * @returns the call at which it died; undefined where it made fewer calls until the node was proven anew
 */
async function dieAt(side: Side, n: number): Promise<string | undefined> {
  const stage = await Stage.set(inject('assembly'));
  onTestFinished(() => stage.strike());
  const node = await stage.launch();
  await stage.settle();
  await stage.pass(2 * minute);
  const before = stage.story(node).length;
  const role = stage.roleOf('Sweep');
  let calls = 0;
  let died: string | undefined;
  const strike = ({ principal, operation }: ObservedCall) => {
    const ours = principal.kind === 'role' && principal.roleArn === role;
    if (!ours || ++calls !== n || stage.story(node).includes('Node Reproven')) return undefined;
    died = operation;
    return 'crash' as const;
  };
  const { machine } = node;
  if (!(machine instanceof ModelledMachine)) throw new Error('the machine is no modelled one');
  machine.reboot('6.8.0-2000-aws');
  node.machineChanged();
  await stage.pass(10_000);
  stage.world.cloud.faults = { [side]: strike };
  await stage.pass(12 * minute);

  const story = stage.story(node).slice(before);
  expect({
    died: `${died} (${n})`,
    ways: stage.world.services.states.executions().map(({ name }) => name.split('-').slice(3).join('-')),
    commands: stage.commandsFor(node),
    told: done.filter((type) => story.includes(type)),
    proven: story.filter((type) => type === 'Node Reproven').length,
    taints: stage.taints(node),
  }).toEqual({
    died: `${died} (${n})`,
    ways: ['install-1', 'reprove-1'],
    commands: 2,
    told: done,
    proven: 1,
    taints: [],
  });
  return died;
}

it.each(['beforeCall', 'afterCall'] as const)(
  'a node that drifted goes one way more, and is proven anew once, wherever the sweep dies %s',
  async (side) => {
    const at: string[] = [];
    for (let n = 1; ; n++) {
      const died = await dieAt(side, n);
      if (died === undefined) break;
      at.push(died);
    }
    for (const operation of ['DescribeInstances', 'BatchGetItem', 'StartExecution', 'PutEvents', 'UpdateItem'])
      expect(at).toContain(operation);
  },
  600_000,
);
