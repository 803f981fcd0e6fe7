import { strict as assert } from 'node:assert';
import { proofPod, proofPodName } from '../../domain/proof-pod.ts';
import { plant } from '../../packages/lab/faults.ts';
import { karpenterNode } from '../../packages/lab/simulation.ts';
import { ask } from '../../packages/local-kubernetes/client.ts';
import { cluster, gate, on, type Scenario } from './stage.ts';

/** Agents, Nodes and clusters that are not there yet, or not what they should be. */
export const waitingScenarios = {
  'an agent that comes after ten minutes is not too late': on(async (stage) => {
    const node = await stage.launch({ agentAfterMs: 600_000 });
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    assert.ok(stage.reached(node, 'installing') - 600_000 <= 75_000, 'the command came late');
    assert.equal(stage.commandsFor(node), 1);
    // Of 20 minutes, without those ten and the way out.
    const told = stage.world.services.ssm.commands().flatMap(({ parameters }) => parameters['Seconds']);
    assert.deepEqual(told, ['450']);
    stage.undisturbed();
  }),

  'a launch that EC2 does not show yet is admitted seconds after it does': on(async (stage) => {
    for (const schedule of stage.world.services.scheduler.schedules) schedule.enabled = false;
    const node = await stage.launch({ unseenMs: 25_000 });
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    const [start] = stage.world.cloud.journal.filter(({ operation }) => operation === 'StartExecution');
    assert.ok((start?.at ?? 0) - node.launchedAt <= 35_000, 'it was admitted late');
    stage.undisturbed();
  }),

  'an agent that never comes is agent-offline': on(async (stage) => {
    const node = await stage.launch({ agentAfterMs: undefined });
    await stage.settle();
    assert.equal(stage.outcome(node), 'agent-offline');
    assert.ok(stage.reached(node, 'quarantined') <= 21 * 60_000, 'after the deadline');
    assert.equal(stage.done('SendCommand'), 0);
    stage.undisturbed();
  }),

  'an agent that is too old gets no command': on(async (stage) => {
    const node = await stage.launch({ agentVersion: '3.3.2745.0' });
    await stage.settle();
    assert.equal(stage.outcome(node), 'agent-too-old');
    assert.equal(stage.done('SendCommand'), 0);
    stage.undisturbed();
  }),

  'a Node of the same name that is another instance keeps its gate': on(async (stage) => {
    const node = await stage.launch();
    stage.world.clusters.get(cluster)?.apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node.nodeName, labels: { 'airlock.dev/runtime': 'gvisor' } },
      spec: { providerID: 'aws:///eu-central-1a/i-0123456789abcdef0', taints: [{ key: gate, effect: 'NoSchedule' }] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    await stage.settle();
    assert.equal(stage.outcome(node), 'node-never-joined');
    assert.deepEqual(stage.taints(node), [gate]);
  }),

  'a cluster that is down for two minutes delays the release': on(async (stage) => {
    const node = await stage.world.launch(plant(['cluster-down'], stage.world, karpenterNode(cluster, gate)));
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
  }),

  'a node whose kubelet comes after five minutes is released': on(async (stage) => {
    const node = await stage.launch({ joinAfterMs: 300_000 });
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    stage.undisturbed();
  }),

  'a pod of the same name on another node proves nothing': on(async (stage) => {
    const node = await stage.launch();
    const api = stage.world.clusters.get(cluster);
    assert.ok(api, 'there is no cluster');
    const name = proofPodName({ ...node, launchedAt: new Date(node.launchedAt).toISOString() });
    const admin = { ...api, clock: stage.clock, token: api.tokenFor('admin', ['system:masters']) };
    const path = '/api/v1/namespaces/airlock-system/pods';
    const pod = proofPod({ name, nodeName: 'another', runtime: 'gvisor', image: 'registry.k8s.io/pause:3.10' });
    await ask(admin, 'POST', path, pod);
    await ask(admin, 'PATCH', `${path}/${name}/status`, [{ op: 'add', path: '/status', value: { phase: 'Running' } }]);
    let ran = false;
    api.watchPods(node.nodeName, ({ metadata, status }) => {
      ran ||= metadata.name === name && status?.phase === 'Running';
    });
    stage.clock.after(120_000, () => void ask(admin, 'DELETE', `${path}/${name}`, { gracePeriodSeconds: 0 }));
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    assert.ok(ran, 'no pod ran on the node');
  }),
} as const satisfies Readonly<Record<string, Scenario>>;
