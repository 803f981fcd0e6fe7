import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import type { Scenario } from '../registry/scenario.ts';
import { withoutReconcile } from '../scenario.ts';
import { breakerOf, dieEverywhere, endsOf, fragile, type Plot, sides } from './dying.ts';

const failing = async () => new ModelledMachine(['not-sandboxed']);

/**
 * The least number of times an opening was published, and for how many failures.
 *
 * @param from how many events the audit trail had before
 */
function openings({ world }: Scenario, from: number): readonly unknown[] {
  const told = world
    .audit()
    .slice(from)
    .filter((event) => event['detail-type'] === 'Breaker Opened');
  return [...new Set(told.map(({ detail }) => JSON.stringify(detail)))].map((text) => JSON.parse(text).failed);
}

/** A failure is judged that opens the breaker. */
const opening: Plot = {
  construct: 'Remediation',
  setting: [[], failing, fragile],
  prepare: ({ world }) => withoutReconcile(world),
  play: async (scenario, arm) => {
    const from = scenario.world.audit().length;
    arm();
    const node = await scenario.launch();
    await scenario.settle();
    return {
      ends: endsOf(scenario, node),
      opened: openings(scenario, from),
      breaker: await breakerOf(scenario),
      state: scenario.world.services.ec2.instance(node.instanceId).state,
    };
  },
  seen: {
    ends: ['Node Held: proof-failed'],
    opened: [1],
    breaker: { state: 'open', failed: 1, probed: false },
    state: 'running',
  },
};

/** The node that is tried while the breaker is open fails. */
const probing: Plot = {
  construct: 'Remediation',
  setting: [[], failing, fragile],
  prepare: ({ world }) => withoutReconcile(world),
  play: async (scenario, arm) => {
    const from = scenario.world.audit().length;
    await scenario.launch();
    await scenario.settle();
    arm();
    const node = await scenario.launch();
    await scenario.settle();
    return { ends: endsOf(scenario, node), opened: openings(scenario, from), breaker: await breakerOf(scenario) };
  },
  seen: {
    ends: ['Node Held: proof-failed'],
    opened: [1],
    breaker: { state: 'open', failed: 1, probed: false },
  },
};

describe.each(sides)(
  'a failure counts once, and the opening of the breaker is published, if the function dies %s',
  (side) => {
    it.each([
      [
        'that opens the breaker',
        opening,
        ['GetItem', 'DescribeInstances', 'BatchGetItem', 'UpdateItem', 'UpdateItem', 'PutEvents', 'UpdateItem'],
      ],
      ['of the one node that is tried', probing, ['GetItem', 'DescribeInstances', 'BatchGetItem', 'UpdateItem']],
    ])('remediation, at each of its calls for a failure %s', async (_, plot, expected) => {
      expect((await dieEverywhere(plot, side)).slice(0, expected.length)).toEqual(expected);
    });
  },
);
