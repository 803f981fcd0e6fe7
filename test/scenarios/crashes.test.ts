import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type { ObservedCall } from '../../local/core.ts';
import { Stage } from '../mutations/stage.ts';
import { withoutSweep } from './scenario.ts';

/** What the audit trail must hold, whoever dies. What `Command Sent` says stands in `Node Proven`, too. */
const owed = ['Node Admitted', 'Node Proven', 'Node Released'];
const minute = 60_000;

/** The order in which a run can be cut: right before a call takes effect, or right after. */
type Side = 'beforeCall' | 'afterCall';

/**
 * Plays the way of a node in which one function dies once, at its n-th call.
 *
 * @param set prepares the stage, for instance by losing events
 * @returns the call at which it died; undefined where it made fewer calls
 */
async function dieAt(construct: string, side: Side, n: number, set: (stage: Stage) => void) {
  const stage = await Stage.set(inject('assembly'));
  onTestFinished(() => stage.strike());
  const role = stage.roleOf(construct);
  let calls = 0;
  let died: string | undefined;
  const strike = ({ principal, service, operation }: ObservedCall) => {
    if (principal.kind !== 'role' || principal.roleArn !== role) return undefined;
    // Lambda polls the queue and deletes from it; the function itself does neither.
    if (service === 'sqs' && operation !== 'ChangeMessageVisibility') return undefined;
    // A sweep before the launch has nothing to do.
    if (stage.world.nodes.length === 0 || ++calls !== n) return undefined;
    died = operation;
    return 'crash' as const;
  };
  stage.world.cloud.faults = { [side]: strike };
  set(stage);
  const node = await stage.launch({ agentAfterMs: 40_000 });
  await stage.settle();
  // A message that nobody finished comes again after three minutes, and the sweep after two.
  await stage.pass(4 * minute);

  const seen = {
    died: `${died} (${n})`,
    outcome: stage.outcome(node),
    executions: stage.world.services.states.executions().map(({ status }) => status),
    commands: stage.commandsFor(node),
    ends: stage.story(node).filter((type) => type === 'Node Released').length,
    missing: owed.filter((type) => !stage.story(node).includes(type)),
    gates: stage.taints(node),
    deadLetters: stage.deadLetters(),
  };
  expect(seen).toEqual({
    died: `${died} (${n})`,
    outcome: 'released',
    executions: ['SUCCEEDED'],
    commands: 1,
    ends: 1,
    missing: [],
    gates: [],
    deadLetters: [],
  });
  return died;
}

/** Lets a function die at each of its calls, one run a call, until a run has fewer. @returns the calls, in order */
async function dieEverywhere(construct: string, side: Side, set: (stage: Stage) => void): Promise<readonly string[]> {
  const at: string[] = [];
  for (let n = 1; ; n++) {
    const died = await dieAt(construct, side, n, set);
    if (died === undefined) return at;
    at.push(died);
  }
}

const alone = ({ world }: Stage) => withoutSweep(world);
/** Every event of EC2 and SSM is lost, so all that happens is done by the sweep. */
const withoutEvents = ({ world }: Stage) => {
  world.services.events.delivery = ({ event }) => (event.source === 'airlock' ? undefined : []);
};

describe.each(['beforeCall', 'afterCall'] as const)('one execution, one command, one end, whoever dies %s', (side) => {
  it.each([
    ['Admit', alone, ['DescribeInstances', 'BatchGetItem', 'StartExecution', 'PutEvents', 'UpdateItem']],
    ['Dispatch', alone, ['BatchGetItem', 'DescribeInstanceInformation', 'UpdateItem', 'SendCommand', 'PutEvents']],
    ['Settle', alone, ['ListCommandInvocations', 'Query', 'SendTaskSuccess', 'PutEvents', 'UpdateItem']],
    [
      'Sweep',
      withoutEvents,
      ['DescribeInstances', 'BatchGetItem', 'StartExecution', 'SendTaskSuccess', 'PutEvents', 'UpdateItem'],
    ],
  ] as const)('%s, at each of its calls', async (construct, set, expected) => {
    const at = await dieEverywhere(construct, side, set);
    for (const operation of expected) expect(at).toContain(operation);
  });
});
