import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../../local/machine/modelled.ts';
import type { LaunchedNode } from '../../../local/world/node.ts';
import type { Stage } from '../../mutations/stage.ts';
import { withoutSweep } from '../scenario.ts';
import { endless } from '../slow.ts';
import { breakerOf, commandsOf, dieEverywhere, endsOf, executionsOf, fragile, type Plot, sides } from './dying.ts';

const minute = 60_000;

/** Machines of which the first fails its proof, and no other comes to an end. */
function firstFailing() {
  let made = 0;
  return async () => (made++ === 0 ? new ModelledMachine(['not-sandboxed']) : endless());
}

/** An instance goes away that was tried while the breaker was open. */
const departure = (depart: (stage: Stage, node: LaunchedNode) => void) => (): Plot => ({
  construct: 'Gone',
  setting: [[], firstFailing(), fragile],
  play: async (stage, arm) => {
    withoutSweep(stage.world);
    await stage.launch();
    await stage.settle();
    const node = await stage.launch();
    await stage.pass(minute);
    const tried = [commandsOf(stage, node), (await breakerOf(stage)).probed];
    arm();
    depart(stage, node);
    await stage.pass(40 * minute);
    return {
      tried,
      // An agent that is gone never says that it has ended.
      cancelled: commandsOf(stage, node).every((status) => status.startsWith('Cancel')),
      ends: endsOf(stage, node),
      executions: executionsOf(stage, node),
      breaker: await breakerOf(stage),
    };
  },
  seen: {
    tried: [['InProgress'], true],
    cancelled: true,
    ends: ['Node Forgotten: instance-gone'],
    executions: ['ABORTED'],
    breaker: { state: 'open', failed: 1, probed: false },
  },
});

describe.each(sides)('one end, told, the command cancelled and the probe given back, where it dies %s', (side) => {
  it.each([
    ['is terminated', departure(({ world }, { instanceId }) => world.services.ec2.terminate(instanceId))],
    ['gets a spot warning', departure(({ world }, { instanceId }) => world.services.ec2.interrupt(instanceId))],
  ])('gone, at each of its calls for an instance that %s', async (_, plot) => {
    const at = await dieEverywhere(plot, side);
    expect(at.slice(0, 7)).toEqual([
      'Query',
      'UpdateItem',
      'CancelCommand',
      'StopExecution',
      'UpdateItem',
      'PutEvents',
      'UpdateItem',
    ]);
  });
});
