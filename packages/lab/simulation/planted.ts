import { source } from '../../../domain/events.ts';
import { exampleRuntime } from '../../../domain/runtimes.ts';
import { AwsError, type Faults } from '../../local-aws/aws.ts';
import type { FaultName } from '../faults.ts';
import type { NodePlan } from './node.ts';
import type { Simulation } from './simulation.ts';

/** How long the Kubernetes API is down under `cluster-down`, in milliseconds. */
const downMs = 120_000;

/**
 * Plants faults in a simulation.
 *
 * @param plan how nodes would be launched without faults
 * @returns how nodes are launched with them
 */
export function plant(names: readonly FaultName[], world: Simulation, plan: NodePlan): NodePlan {
  let planted = plan;
  let throttles = 0;
  let deaths = 0;
  for (const name of names) {
    switch (name) {
      case 'agent-late':
        planted = { ...planted, agentAfterMs: 600_000 };
        break;
      case 'agent-never':
        planted = { ...planted, agentAfterMs: undefined };
        break;
      case 'agent-old':
        planted = { ...planted, agentVersion: '3.3.2745.0' };
        break;
      case 'node-never-joins':
        planted = { ...planted, joinAfterMs: undefined };
        break;
      case 'pods-fail':
        planted = { ...planted, podsFail: 'failed to create containerd task: OCI runtime create failed: planted' };
        break;
      case 'bad-tag':
        planted = { ...planted, tags: { ...planted.tags, 'airlock:runtime': `${exampleRuntime}; reboot` } };
        break;
      case 'events-doubled':
        world.services.events.delivery = ({ event }) => (event.source === source ? undefined : [0, 700, 9_000]);
        break;
      case 'send-throttled':
        throttles = 5;
        break;
      case 'dispatch-dies':
        deaths = 1;
        break;
      case 'cluster-down':
        for (const { faults } of world.clusters.values()) {
          const until = world.clock.now() + downMs;
          faults.plant(({ aws, now }) => aws && now < until, { kind: 'status', code: 500 });
        }
        break;
      case 'cluster-forbids':
        for (const { faults } of world.clusters.values()) {
          faults.plant(({ aws, verb }) => aws && verb !== 'get', { kind: 'status', code: 403 });
        }
        break;
    }
  }
  world.cloud.faults = {
    beforeCall: ({ operation }) =>
      operation === 'SendCommand' && throttles-- > 0 ? new AwsError('ThrottlingException', 'Rate exceeded') : undefined,
    afterCall: ({ operation }) => (operation === 'SendCommand' && deaths-- > 0 ? 'crash' : undefined),
  } satisfies Faults;
  return planted;
}
