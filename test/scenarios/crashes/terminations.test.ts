import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import type { LaunchedNode } from '../../../packages/lab/simulation.ts';
import type { Scenario } from '../registry/scenario.ts';
import { withoutReconcile } from '../scenario.ts';
import { endless } from '../slow.ts';
import { breakerOf, commandsOf, dieEverywhere, endsOf, executionsOf, fragile, type Plot, sides } from './dying.ts';

const minute = 60_000;

/** Machines of which every other one, from the first on, fails its proof, and the others never reach an end. */
function failingAndEndless() {
  let made = 0;
  return async () => (made++ % 2 === 0 ? new ModelledMachine(['not-sandboxed']) : endless());
}

/** Whether SSM was asked to cancel a node's commands. */
function askedToCancel({ world }: Scenario, { instanceId }: LaunchedNode): boolean {
  const asked = world.cloud.journal.filter(({ operation }) => operation === 'CancelCommand');
  return asked.some(({ input }) => JSON.stringify(input).includes(instanceId));
}

/**
 * An instance goes away that was tried while the breaker was open.
 *
 * @param command the command's status afterwards: SSM cancels nothing on an instance that shuts down, and an agent that
 * is gone never reports its end
 */
const departure = (depart: (scenario: Scenario, node: LaunchedNode) => void, command: string): Plot => ({
  construct: 'Terminations',
  setting: [[], failingAndEndless(), fragile],
  prepare: ({ world }) => withoutReconcile(world),
  play: async (scenario, arm) => {
    await scenario.launch();
    await scenario.settle();
    const node = await scenario.launch();
    await scenario.pass(minute);
    const tried = [commandsOf(scenario, node), (await breakerOf(scenario)).probed];
    arm();
    depart(scenario, node);
    await scenario.pass(40 * minute);
    return {
      tried,
      asked: askedToCancel(scenario, node),
      commands: commandsOf(scenario, node),
      ends: endsOf(scenario, node),
      executions: executionsOf(scenario, node),
      breaker: await breakerOf(scenario),
    };
  },
  seen: {
    tried: [['InProgress'], true],
    asked: true,
    commands: [command],
    ends: ['Launch Discarded: instance-gone'],
    executions: ['ABORTED'],
    breaker: { state: 'open', failed: 1, probed: false },
  },
});

describe.each(sides)(
  'one end, published, the command cancelled and the probe released, if the function dies %s',
  (side) => {
    it.each([
      ['is stopped', departure(({ world }, { instanceId }) => world.services.ec2.stop(instanceId), 'Cancelling'), true],
      [
        'is terminated',
        departure(({ world }, { instanceId }) => world.services.ec2.terminate(instanceId), 'InProgress'),
        // A refused call takes no effect, so the function cannot die after it.
        side === 'beforeCall',
      ],
    ])('terminations, at each of its calls for an instance that %s', async (_, plot, diesAtCancel) => {
      const expected = [
        'Query',
        'DescribeInstances',
        'UpdateItem',
        ...(diesAtCancel ? ['CancelCommand'] : []),
        'StopExecution',
        'UpdateItem',
        'PutEvents',
        'UpdateItem',
      ];
      expect((await dieEverywhere(plot, side)).slice(0, expected.length)).toEqual(expected);
    });
  },
);
