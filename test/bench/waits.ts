import type { LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';

/** How long a launch waited for Airlock, in milliseconds on the simulation's clock. */
export interface Waits {
  /** From the time its agent came online until SSM accepted its command. */
  readonly command: number;
  /** From the end of the command on the node until the waiting state had its answer. */
  readonly answer: number;
  /**
   * From the time its Node was Ready and the release was requested until the state had its answer, including the proof
   * pod's start.
   */
  readonly release: number;
}

/** A waiting state: what it sent to a queue, and when it was answered. */
interface Task {
  readonly instanceId: string;
  /** The request to a cluster; undefined for a command. */
  readonly action: string | undefined;
  readonly askedAt: number;
  answeredAt?: number;
}

/**
 * Each node's waits, from the records of the stand-ins of SQS, SSM, Step Functions and EC2, and nothing that Airlock
 * reports about itself.
 */
export function waitsOf(world: Simulation, nodes: readonly LaunchedNode[]): readonly Waits[] {
  const tasks = [...tasksOf(world).values()];
  const invocations = new Map(
    world.services.ssm
      .commands()
      .flatMap(({ invocations, requestedAt }) =>
        invocations.map(({ instanceId, endedAt }) => [instanceId, { requestedAt, endedAt: endedAt ?? Number.NaN }]),
      ),
  );
  return nodes.map(({ instanceId, launchedAt, plan }) => {
    const own = tasks.filter((task) => task.instanceId === instanceId);
    const install = own.find(({ action }) => action === undefined);
    const release = own.find(({ action }) => action === 'release');
    const { requestedAt, endedAt } = invocations.get(instanceId) ?? { requestedAt: Number.NaN, endedAt: Number.NaN };
    const { agentAfterMs = 0, joinAfterMs = 0, readyAfterMs } = plan;
    const online = Math.max(launchedAt + agentAfterMs, install?.askedAt ?? Number.NaN);
    const ready = Math.max(launchedAt + joinAfterMs + readyAfterMs, release?.askedAt ?? Number.NaN);
    return {
      command: requestedAt - online,
      answer: (install?.answeredAt ?? Number.NaN) - endedAt,
      release: (release?.answeredAt ?? Number.NaN) - ready,
    };
  });
}

/** The states that sent a request to a queue, by their tokens. */
function tasksOf(world: Simulation): ReadonlyMap<string, Task> {
  const tasks = new Map<string, Task>();
  for (const { operation, input, at, error } of world.cloud.journal) {
    if (error !== undefined) continue;
    if (operation === 'SendMessage') {
      const { key, token, action } = JSON.parse((input as { MessageBody: string }).MessageBody) as {
        readonly key?: { readonly instanceId: string };
        readonly token?: string;
        readonly action?: string;
      };
      // AWS events arrive by the same call.
      if (key !== undefined && token !== undefined) {
        tasks.set(token, { instanceId: key.instanceId, action, askedAt: at });
      }
    } else if (operation === 'SendTaskSuccess') {
      const task = tasks.get((input as { taskToken: string }).taskToken);
      if (task !== undefined) task.answeredAt = at;
    }
  }
  return tasks;
}
