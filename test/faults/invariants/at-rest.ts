import { isFinal } from '../../../local/services/ssm-command.ts';
import type { Trial } from '../trial.ts';
import type { Invariant } from './invariant.ts';

/** Nothing is left in flight: no execution, no message, no command, no proof pod. */
export const nothingInFlight: Invariant = { name: 'left in flight', violations: inFlight };

/** What is still under way. */
export function inFlight({ world, cluster, nodes }: Trial): readonly string[] {
  const { states, sqs, ssm, ec2 } = world.services;
  const alive = (id: string) => ec2.find(id)?.state === 'running';
  // A dead letter waits for an operator, with its alarm; the nodes that it spoke of have come to their ends without it.
  const dead = new Set(sqs.all().flatMap(({ redrive }) => redrive?.queue.settings.name ?? []));
  const working = sqs.all().filter(({ settings }) => !dead.has(settings.name));
  const messages = working.flatMap(({ settings, visible, inFlight, delayed }) => {
    const count = visible + inFlight + delayed;
    return count === 0 ? [] : [`${count} messages are in ${settings.name}`];
  });
  const commands = ssm.commands().flatMap(({ id, invocations }) => {
    const open = invocations.filter(({ status, instanceId }) => !isFinal(status) && alive(instanceId));
    return open.map(({ instanceId, status }) => `the command ${id} is ${status} on ${instanceId}`);
  });
  const names = new Set(nodes.flatMap(({ node }) => (alive(node.instanceId) ? [node.nodeName] : [])));
  // One that its own deadline ended is an object and no more: its node was kept while the cluster took no call.
  const pods = cluster
    .pods()
    .filter(({ spec, status }) => names.has(spec?.nodeName ?? '') && status?.phase !== 'Failed');
  return [
    ...(states.running === 0 ? [] : [`${states.running} executions run`]),
    ...messages,
    ...commands,
    ...pods.map(({ metadata }) => `the pod ${metadata.name} is there`),
  ];
}
