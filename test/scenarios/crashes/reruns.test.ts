import { expect, it } from 'vitest';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import { commandsOf, dieEverywhere, type Plot, sides } from './dying.ts';

const minute = 60_000;
const done = ['Node Admitted', 'Command Sent', 'Node Proven', 'Node Reverified'];

/** A released node is booted again with another kernel. */
const drift = (): Plot => {
  const machine = new ModelledMachine();
  return {
    construct: 'Reconcile',
    setting: [[], async () => machine],
    over: (scenario) => scenario.world.nodes.some((node) => scenario.timeline(node).includes('Node Reverified')),
    play: async (scenario, arm) => {
      const node = await scenario.launch();
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
        ways: scenario.world.services.states.executions().map(({ name }) => name.split('-').slice(3, -1).join('-')),
        commands: commandsOf(scenario, node),
        told: done.filter((type) => timeline.includes(type)),
        proven: timeline.filter((type) => type === 'Node Reverified').length,
        taints: scenario.taints(node),
      };
    },
    seen: {
      ways: ['install-1', 'reverify-1'],
      commands: ['Success', 'Success'],
      told: done,
      proven: 1,
      taints: [],
    },
  };
};

it.each(sides)(
  'a node that drifted has one more run, and is re-verified once, wherever reconcile dies %s',
  async (side) => {
    const at = await dieEverywhere(drift, side);
    for (const operation of ['DescribeInstances', 'BatchGetItem', 'StartExecution', 'PutEvents', 'UpdateItem'])
      expect(at).toContain(operation);
  },
  600_000,
);
