import { describe, expect, it } from 'vitest';
import type { Stage } from '../../mutations/stage.ts';
import { withoutReconcile } from '../scenario.ts';
import { commandsOf, dieEverywhere, endsOf, type Plot, sides } from './dying.ts';

/** What the audit trail must hold, whoever dies. What `Command Sent` says stands in `Node Proven`, too. */
const owed = ['Node Admitted', 'Node Proven', 'Node Released'];
const minute = 60_000;

const alone = ({ world }: Stage) => withoutReconcile(world);
/** Every event of EC2 and SSM is lost, so all that happens is done by reconcile. */
const withoutEvents = ({ world }: Stage) => {
  world.services.events.delivery = ({ event }) => (event.source === 'airlock' ? undefined : []);
};

/** The agent comes after the dispatcher did not find it, though not often: each try adds places at which it dies. */
const soon = 10_000;
/** The agent comes between two runs of reconcile. */
const late = 40_000;

/** A node is released. */
const release = (construct: string, set: (stage: Stage) => void, agentAfterMs: number) => (): Plot => ({
  construct,
  play: async (stage, arm) => {
    set(stage);
    // A reconcile run before the launch has nothing to do.
    arm();
    const node = await stage.launch({ agentAfterMs });
    await stage.settle();
    // A message that no one finished comes again after three minutes, and reconcile after two.
    await stage.pass(4 * minute);
    return {
      executions: stage.world.services.states.executions().map(({ status }) => status),
      commands: commandsOf(stage, node),
      ends: endsOf(stage, node),
      missing: owed.filter((type) => !stage.timeline(node).includes(type)),
      gates: stage.taints(node),
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

describe.each(sides)('one execution, one command, one end, whoever dies %s', (side) => {
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
  ] as const)('%s, at each of its calls', async (construct, set, agentAfterMs, expected) => {
    const at = await dieEverywhere(release(construct, set, agentAfterMs), side);
    for (const operation of expected) expect(at).toContain(operation);
  });
});
