import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import type { Stage } from '../../mutations/stage.ts';
import { withoutReconcile } from '../scenario.ts';
import { breakerOf, dieEverywhere, endsOf, fragile, type Plot, sides } from './dying.ts';

const failing = async () => new ModelledMachine(['not-sandboxed']);

/** The least number of times an opening was published, and for how many failures. */
function openings({ world }: Stage): readonly unknown[] {
  const told = world.audit().filter((event) => event['detail-type'] === 'Breaker Opened');
  return [...new Set(told.map(({ detail }) => JSON.stringify(detail)))].map((text) => JSON.parse(text).failed);
}

/** A failure is judged that opens the breaker. */
const opening = (): Plot => ({
  construct: 'Remediation',
  setting: [[], failing, fragile],
  play: async (stage, arm) => {
    withoutReconcile(stage.world);
    arm();
    const node = await stage.launch();
    await stage.settle();
    return {
      ends: endsOf(stage, node),
      opened: openings(stage),
      breaker: await breakerOf(stage),
      state: stage.world.services.ec2.instance(node.instanceId).state,
    };
  },
  seen: {
    ends: ['Node Held: proof-failed'],
    opened: [1],
    breaker: { state: 'open', failed: 1, probed: false },
    state: 'running',
  },
});

/** The node that is tried while the breaker is open fails. */
const probing = (): Plot => ({
  construct: 'Remediation',
  setting: [[], failing, fragile],
  play: async (stage, arm) => {
    withoutReconcile(stage.world);
    await stage.launch();
    await stage.settle();
    arm();
    const node = await stage.launch();
    await stage.settle();
    return { ends: endsOf(stage, node), opened: openings(stage), breaker: await breakerOf(stage) };
  },
  seen: {
    ends: ['Node Held: proof-failed'],
    opened: [1],
    breaker: { state: 'open', failed: 1, probed: false },
  },
});

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
