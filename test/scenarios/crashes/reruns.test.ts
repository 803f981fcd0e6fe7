import { expect, it } from 'vitest';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import type { LaunchedNode } from '../../../packages/lab/simulation.ts';
import { commandsOf, dieEverywhere, type Plot, sides } from './dying.ts';

const minute = 60_000;
const done = ['Node Admitted', 'Command Sent', 'Node Proven', 'Proof Pod Ran', 'Node Reverified'];

/** A released node is booted again with another kernel. */
function drift(): Plot {
  let machine: ModelledMachine;
  let last: LaunchedNode | undefined;
  const create = async () => {
    machine = new ModelledMachine();
    return machine;
  };
  return {
    construct: 'Reconcile',
    setting: [[], create],
    over: (scenario) => last !== undefined && scenario.timeline(last).includes('Node Reverified'),
    play: async (scenario, arm) => {
      const node = await scenario.launch();
      last = node;
      await scenario.settle();
      await scenario.pass(2 * minute);
      const before = scenario.timeline(node).length;
      machine.reboot('6.8.0-2000-aws');
      node.machineChanged();
      await scenario.pass(10_000);
      arm();
      await scenario.pass(12 * minute);
      const timeline = scenario.timeline(node).slice(before);
      return {
        runs: scenario.world.services.states
          .executions()
          .filter(({ name }) => name.startsWith(node.instanceId))
          .map(({ name }) => name.split('-').slice(3, -1).join('-')),
        commands: commandsOf(scenario, node),
        told: done.filter((type) => timeline.includes(type)),
        proven: timeline.filter((type) => type === 'Node Reverified').length,
        taints: scenario.taints(node),
      };
    },
    seen: {
      runs: ['install-1', 'reverify-1'],
      commands: ['Success', 'Success'],
      told: done,
      proven: 1,
      taints: [],
    },
  };
}

it.each(sides)(
  'a node that drifted has one more run, and is re-verified once, wherever reconcile dies %s',
  async (side) => {
    const at = await dieEverywhere(drift(), side);
    for (const operation of ['DescribeInstances', 'BatchGetItem', 'StartExecution', 'PutEvents', 'UpdateItem'])
      expect(at).toContain(operation);
  },
  600_000,
);
