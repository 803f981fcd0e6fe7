import { describe, expect, it } from 'vitest';
import type { Scenario } from '../registry/scenario.ts';
import { withoutReconcile } from '../scenario.ts';
import { commandsOf, dieEverywhere, endsOf, executionsOf, type Plot, sides } from './dying.ts';

/** What the audit trail must hold, whichever function dies. The content of `Command Sent` is in `Node Proven` too. */
const owed = ['Node Admitted', 'Node Proven', 'Proof Pod Ran', 'Node Released'];
const minute = 60_000;

const alone = ({ world }: Scenario) => withoutReconcile(world);
/** Every event of EC2 and SSM is lost, so reconcile does everything. */
const withoutEvents = ({ world }: Scenario) => {
  world.services.events.delivery = ({ event }) => (event.source === 'airlock' ? undefined : []);
};

/**
 * The agent comes online after the dispatcher did not find it, but after few polls: each poll adds places at which it
 * can die.
 */
const soon = 10_000;
/** The agent comes online between two runs of reconcile. */
const late = 40_000;

/** A node is released. */
const release = (construct: string, prepare: (scenario: Scenario) => void, agentAfterMs: number): Plot => ({
  construct,
  prepare,
  play: async (scenario, arm) => {
    // A reconcile run before the launch has nothing to do.
    arm();
    const node = await scenario.launch({ agentAfterMs });
    await scenario.settle();
    // An unfinished message is delivered again after three minutes, and reconcile runs every two.
    await scenario.pass(4 * minute);
    return {
      executions: executionsOf(scenario, node),
      commands: commandsOf(scenario, node),
      ends: endsOf(scenario, node),
      missing: owed.filter((type) => !scenario.timeline(node).includes(type)),
      gates: scenario.taints(node),
    };
  },
  seen: {
    executions: ['SUCCEEDED'],
    commands: ['Success'],
    ends: ['Node Released: released'],
    missing: [],
    gates: [],
  },
});

describe.each(sides)('one execution, one command, one end, whichever function dies %s', (side) => {
  it.each([
    ['Admission', alone, soon, ['DescribeInstances', 'BatchGetItem', 'StartExecution', 'PutEvents', 'UpdateItem']],
    [
      'Dispatch',
      alone,
      soon,
      [
        'BatchGetItem',
        'DescribeInstanceInformation',
        'ChangeMessageVisibilityBatch',
        'UpdateItem',
        'SendCommand',
        'PutEvents',
      ],
    ],
    ['Results', alone, soon, ['ListCommandInvocations', 'Query', 'SendTaskSuccess', 'PutEvents', 'UpdateItem']],
    [
      'Reconcile',
      withoutEvents,
      late,
      ['DescribeInstances', 'BatchGetItem', 'StartExecution', 'SendTaskSuccess', 'PutEvents', 'UpdateItem'],
    ],
  ] as const)('%s, at each of its calls', async (construct, prepare, agentAfterMs, expected) => {
    const at = await dieEverywhere(release(construct, prepare, agentAfterMs), side);
    for (const operation of expected) expect(at).toContain(operation);
  });
});
