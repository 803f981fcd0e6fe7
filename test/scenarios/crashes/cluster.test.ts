import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import { withoutReconcile } from '../scenario.ts';
import { commandsOf, dieEverywhere, endsOf, executionsOf, type Plot, playSeries, sides } from './dying.ts';

const construct = 'Cluster-demo/Cluster';
const minute = 60_000;

/** Launches a node and runs it to its end; an unfinished message is delivered again after three minutes. */
const play: Plot['play'] = async (scenario, arm) => {
  arm();
  const node = await scenario.launch();
  await scenario.settle();
  await scenario.pass(6 * minute);
  const pods = scenario.world.clusters.get('demo')?.pods() ?? [];
  const queues = scenario.world.services.sqs.all();
  return {
    executions: executionsOf(scenario, node),
    commands: commandsOf(scenario, node),
    ends: endsOf(scenario, node),
    taints: scenario.taints(node),
    pods: pods.map(({ metadata }) => metadata.name),
    messages: queues.reduce((sum, queue) => sum + queue.messages().length, 0),
  };
};

const released: Plot = {
  construct,
  prepare: ({ world }) => withoutReconcile(world),
  play,
  seen: {
    executions: ['SUCCEEDED'],
    commands: ['Success'],
    ends: ['Node Released: released'],
    taints: [],
    pods: [],
    messages: 0,
  },
};
const quarantined: Plot = {
  ...released,
  setting: [[], async () => new ModelledMachine(['not-sandboxed'])],
  seen: {
    executions: ['FAILED'],
    commands: ['Failed'],
    ends: ['Node Quarantined: proof-failed'],
    taints: ['airlock.dev/bootstrap', 'airlock.dev/quarantined'],
    pods: [],
    messages: 0,
  },
};

describe.each(sides)("one end, and no proof pod or message left, if the cluster's function dies %s", (side) => {
  it.each([
    ['released', released, ['BatchGetItem', 'ChangeMessageVisibilityBatch', 'SendTaskSuccess']],
    ['quarantined', quarantined, ['BatchGetItem', 'SendTaskSuccess']],
  ] as const)('after an AWS call, each one for a node that is %s', async (_, plot, expected) => {
    const at = await dieEverywhere(plot, side);
    for (const operation of expected) expect(at).toContain(operation);
  });
});

/**
 * Makes the function die at each of its requests to the Kubernetes API that change something, once per run.
 *
 * @returns the requests, in order
 */
async function dieAtRequests(plot: Plot, when: 'before' | 'after'): Promise<readonly string[]> {
  const places: string[] = [];
  await playSeries(plot, async (scenario, n) => {
    const { environments } = scenario.world.cloud.lambda.function(scenario.functionName(construct));
    const api = scenario.world.clusters.get('demo');
    let died: string | undefined;
    let requests = 0;
    const meets = ({ aws, verb, resource }: { aws: boolean; verb: string; resource: string }) => {
      if (!aws || died !== undefined || ['get', 'list', 'watch'].includes(verb) || ++requests !== n) return false;
      died = `${verb} ${resource}`;
      places.push(died);
      return true;
    };
    const run = () => {
      for (const one of environments) if (one.busy) one.kill({ reason: 'crash' });
    };
    let hit = false;
    const both = (request: Parameters<typeof meets>[0]) => {
      hit = meets(request);
      return hit;
    };
    api?.faults.plant(both, { kind: 'meanwhile', run });
    if (when === 'before') api?.faults.plant(() => hit, { kind: 'drop', when: 'before' });
    const seen = await plot.play(scenario, () => {});
    const at = `${died} (${n})`;
    expect({ at, seen, deadLetters: scenario.deadLetters() }).toEqual({ at, seen: plot.seen, deadLetters: [] });
    return died;
  });
  return places;
}

describe.each(['before', 'after'] as const)(
  'the same if it dies right %s a request to the Kubernetes API takes effect',
  (when) => {
    it.each([
      ['released', released, ['create pods', 'delete pods', 'patch nodes', 'create events']],
      ['quarantined', quarantined, ['patch nodes', 'create events']],
    ] as const)('at each one that it makes for a node that is %s', async (_, plot, expected) => {
      const at = await dieAtRequests(plot, when);
      for (const request of expected) expect(at).toContain(request);
    });
  },
);
