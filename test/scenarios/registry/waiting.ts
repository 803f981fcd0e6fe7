import { strict as assert } from 'node:assert';
import { proofPod, proofPodName } from '../../../domain/proof-pod.ts';
import { plant } from '../../../packages/lab/faults.ts';
import { karpenterNode } from '../../../packages/lab/simulation.ts';
import { ask } from '../../../packages/local-kubernetes/client.ts';
import { cluster, gate, on, type ScenarioRun } from './scenario.ts';

/** Agents, Nodes and clusters that are not there yet, or not as they should be. */
export const waitingScenarios = {
  'an agent that comes after ten minutes is not too late': on(async (scenario) => {
    const node = await scenario.launch({ agentAfterMs: 600_000 });
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
    assert.ok(scenario.reached(node, 'installing') - 600_000 <= 75_000, 'the command came late');
    assert.equal(scenario.commandsFor(node), 1);
    // Of 20 minutes, without those ten and the cleanup reserve.
    const told = scenario.world.services.ssm.commands().flatMap(({ parameters }) => parameters['Seconds']);
    assert.deepEqual(told, ['450']);
    scenario.undisturbed();
  }),

  'a launch that EC2 does not show yet is admitted seconds after it does': on(async (scenario) => {
    for (const schedule of scenario.world.services.scheduler.schedules) schedule.enabled = false;
    const node = await scenario.launch({ unseenMs: 25_000 });
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
    const [start] = scenario.world.cloud.journal.filter(({ operation }) => operation === 'StartExecution');
    assert.ok((start?.at ?? 0) - node.launchedAt <= 35_000, 'it was admitted late');
    scenario.undisturbed();
  }),

  'an agent that never comes is agent-offline': on(async (scenario) => {
    const node = await scenario.launch({ agentAfterMs: undefined });
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'agent-offline');
    assert.ok(scenario.taints(node).includes(gate), 'the gate is gone');
    assert.ok(scenario.reached(node, 'quarantined') <= 21 * 60_000, 'after the deadline');
    assert.equal(scenario.done('SendCommand'), 0);
    scenario.undisturbed();
  }),

  'an agent that is too old gets no command': on(async (scenario) => {
    const node = await scenario.launch({ agentVersion: '3.3.2745.0' });
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'agent-too-old');
    assert.equal(scenario.done('SendCommand'), 0);
    scenario.undisturbed();
  }),

  'a Node of the same name that is another instance keeps its gate': on(async (scenario) => {
    const node = await scenario.launch();
    scenario.world.clusters.get(cluster)?.apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node.nodeName, labels: { 'airlock.dev/runtime': 'gvisor' } },
      spec: { providerID: 'aws:///eu-central-1a/i-0123456789abcdef0', taints: [{ key: gate, effect: 'NoSchedule' }] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'node-never-joined');
    assert.deepEqual(scenario.taints(node), [gate]);
  }),

  'a cluster that is down for two minutes delays the release': on(async (scenario) => {
    const node = await scenario.world.launch(plant(['cluster-down'], scenario.world, karpenterNode(cluster, gate)));
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
  }),

  'a node whose kubelet comes after five minutes is released': on(async (scenario) => {
    const node = await scenario.launch({ joinAfterMs: 300_000 });
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
    scenario.undisturbed();
  }),

  'a pod of the same name on another node proves nothing': on(async (scenario) => {
    const node = await scenario.launch();
    const api = scenario.world.clusters.get(cluster);
    assert.ok(api, 'there is no cluster');
    const name = proofPodName({ ...node, launchedAt: new Date(node.launchedAt).toISOString() });
    const admin = { ...api, clock: scenario.clock, token: api.tokenFor('admin', ['system:masters']) };
    const path = '/api/v1/namespaces/airlock-system/pods';
    const pod = proofPod({ name, nodeName: 'another', runtime: 'gvisor', image: 'registry.k8s.io/pause:3.10' });
    await ask(admin, 'POST', path, pod);
    await ask(admin, 'PATCH', `${path}/${name}/status`, [{ op: 'add', path: '/status', value: { phase: 'Running' } }]);
    let ran = false;
    api.watchPods(node.nodeName, ({ metadata, status }) => {
      ran ||= metadata.name === name && status?.phase === 'Running';
    });
    scenario.clock.after(120_000, () => void ask(admin, 'DELETE', `${path}/${name}`, { gracePeriodSeconds: 0 }));
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
    assert.ok(ran, 'no pod ran on the node');
  }),
} as const satisfies Readonly<Record<string, ScenarioRun>>;
