import { isFinal } from '../../../packages/local-aws/services.ts';
import type { FaultRun } from '../fault-run.ts';
import type { Invariant } from './invariant.ts';

/** Nothing is left in flight: no execution, no message, no command, no proof pod. */
export const nothingInFlight: Invariant = {
  name: 'left in flight',
  violations: (faultRun) => inFlight(faultRun, faultRun.restsFrom),
};

/**
 * What is still in progress.
 *
 * @param before later work does not count, in milliseconds since the epoch
 */
export function inFlight({ world, cluster, nodes }: FaultRun, before = Number.POSITIVE_INFINITY): readonly string[] {
  const { states, sqs, ssm, ec2 } = world.services;
  const alive = (id: string) => ec2.find(id)?.state === 'running';
  // A dead letter waits for an operator, with its alarm; its nodes have reached their ends without it.
  const dead = new Set(sqs.all().flatMap(({ redrive }) => redrive?.queue.settings.name ?? []));
  const working = sqs.all().filter(({ settings }) => !dead.has(settings.name));
  const messages = working.flatMap((queue) => {
    const count = queue.messages().filter(({ sentAt }) => sentAt < before).length;
    return count === 0 ? [] : [`${count} messages are in ${queue.settings.name}`];
  });
  const commands = ssm.commands().flatMap(({ id, requestedAt, invocations }) => {
    if (requestedAt >= before) return [];
    const open = invocations.filter(({ status, instanceId }) => !isFinal(status) && alive(instanceId));
    return open.map(({ instanceId, status }) => `the command ${id} is ${status} on ${instanceId}`);
  });
  const names = new Set(nodes.flatMap(({ node }) => (alive(node.instanceId) ? [node.nodeName] : [])));
  // A pod that its own deadline ended is only an object: its node was kept while the cluster took no call.
  const pods = cluster
    .pods()
    .filter(({ spec, status }) => names.has(spec?.nodeName ?? '') && status?.phase !== 'Failed')
    .filter(({ metadata }) => Date.parse(metadata.creationTimestamp) < before);
  const executions = states
    .executions()
    .filter(({ status, startDate }) => status === 'RUNNING' && startDate.getTime() < before).length;
  return [
    ...(executions === 0 ? [] : [`${executions} executions run`]),
    ...messages,
    ...commands,
    ...pods.map(({ metadata }) => `the pod ${metadata.name} is there`),
  ];
}
