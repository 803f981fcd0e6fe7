import { describe, expect, it } from 'vitest';
import { receiptIn } from '../../../packages/lab/simulation.ts';
import { withoutReconcile } from '../scenario.ts';
import { endless } from '../slow.ts';
import {
  breakerOf,
  commandsOf,
  dieEverywhere,
  endsOf,
  endsOfCommands,
  executionsOf,
  type Plot,
  sides,
} from './dying.ts';

const deadlineMs = 20 * 60_000;

/** A command is running when its node's time is up. */
const late = (strike?: Plot['strike']): Plot => ({
  construct: 'Cancellation',
  setting: [[], endless],
  ...(strike === undefined ? {} : { strike }),
  prepare: ({ world }) => withoutReconcile(world),
  play: async (scenario, arm) => {
    arm();
    const node = await scenario.launch();
    await scenario.settle();
    const receipt = receiptIn(scenario.world.timelineOf(node));
    return {
      commands: commandsOf(scenario, node),
      atWork: endsOfCommands(scenario, node).some((endedAt) => endedAt > Date.parse(receipt?.endedAt ?? '')),
      unseen: /has not ended|not known/.exec(receipt?.detail ?? '')?.[0],
      ends: endsOf(scenario, node),
      inTime: Date.parse(receipt?.endedAt ?? '') - node.launchedAt <= deadlineMs,
      executions: executionsOf(scenario, node),
      taints: scenario.taints(node),
      failed: (await breakerOf(scenario)).failed,
    };
  },
  seen: {
    commands: ['Cancelled'],
    atWork: false,
    unseen: undefined,
    ends: ['Node Quarantined: deadline-passed'],
    inTime: true,
    executions: ['FAILED'],
    taints: ['airlock.dev/bootstrap', 'airlock.dev/quarantined'],
    failed: 1,
  },
});

/** The dispatcher never learns which command it sent: the ledger has the claim and no command. */
const unknowing: NonNullable<Plot['strike']> = ({ principal, operation }, side, scenario) => {
  if (principal.kind !== 'role' || principal.roleArn !== scenario.roleOf('Dispatch')) return undefined;
  const at = side === 'beforeCall' ? 'ListCommands' : 'SendCommand';
  return operation === at ? 'crash' : undefined;
};

describe.each(sides)('the command ends before its node does, in time, if the function dies %s', (side) => {
  it.each([
    ['is known', late(), ['GetItem', 'UpdateItem', 'ListCommandInvocations', 'CancelCommand']],
    ['was sent by a dispatcher that died', late(unknowing), ['GetItem', 'UpdateItem', 'ListCommands', 'CancelCommand']],
  ])('cancellation, at each of its calls for a command that %s', async (_, plot, expected) => {
    const at = await dieEverywhere(plot, side);
    for (const operation of expected) expect(at).toContain(operation);
  });
});
