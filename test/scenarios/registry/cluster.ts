import { strict as assert } from 'node:assert';
import { type Simulation, startModelled } from '../../../packages/lab/simulation.ts';
import { AwsError } from '../../../packages/local-aws/aws.ts';
import type { VirtualClock } from '../../../packages/local-aws/clock.ts';
import { ask } from '../../../packages/local-kubernetes/client.ts';
import type { KubernetesStandIn } from '../../../packages/local-kubernetes/stand-in.ts';
import { redeploy } from '../redeploy.ts';
import { cluster, on } from './scenario.ts';

const kinds = [
  'Namespace',
  'ValidatingAdmissionPolicy',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'RuntimeClass',
];

function clusterOf(world: Simulation): KubernetesStandIn {
  const found = world.clusters.get(cluster);
  assert.ok(found, 'there is no cluster');
  return found;
}

/** Airlock's objects in the cluster, as `Kind name`. */
function objects(world: Simulation): readonly string[] {
  return kinds.flatMap((kind) =>
    clusterOf(world)
      .objects(kind)
      .map(({ metadata }) => `${kind} ${metadata.name}`)
      .filter((name) => !['Namespace default', 'Namespace kube-system'].includes(name)),
  );
}

function logOf(world: Simulation): string {
  return world.cloud.resource('Manifests/Prepare/Log/Resource').ref;
}

/** The log lines about its objects of the function that prepares the cluster, in order. */
function toldIn(messages: readonly string[]): readonly string[] {
  return messages
    .map((message) => /"message":"([^"]* (?:applied|removed|kept[^"]*))"/.exec(message)?.[1] ?? '')
    .filter((line) => line !== '');
}

/** Collects what a function writes from now on: its log group is deleted with the stack. */
function overhear(world: Simulation, group: string): readonly string[] {
  const { logs } = world.cloud;
  const messages: string[] = [];
  const append = logs.append.bind(logs);
  logs.append = (...line) => {
    if (line[0] === group) messages.push(line[2]);
    return append(...line);
  };
  return messages;
}

/** Invokes a function as a service of AWS would, which no policy of a role stops, and waits for its end. */
async function invoke(world: Simulation, path: string, event: object): Promise<void> {
  const { ref } = world.cloud.resource(`${path}/Function/Resource`);
  let ended = false;
  const end = () => {
    ended = true;
  };
  world.cloud.lambda.invoke(ref, JSON.stringify(event), 'RequestResponse').then(end, end);
  await (world.cloud.core.clock as VirtualClock).run(() => ended);
}

/** The deployment's effects on a cluster, end to end. */
export const clusterScenarios = {
  'a cluster is prepared, and left as it was': on(async ({ world }) => {
    assert.equal(objects(world).length, 14);
    // Applied once, then tested by dry runs until three of them in a row were denied, and only then were rights
    // granted.
    assert.ok(
      (clusterOf(world).counts.get('kubernetes:patch namespaces') ?? 0) >= 5,
      'the policies were not seen to deny',
    );
    for (const one of [
      'Manifests/Grant',
      'Manifests/Prepare',
      'Manifests/CustomResourceProvider',
      'LookUp/Find',
      'LookUp/CustomResourceProvider',
    ]) {
      const { ref } = world.cloud.resource(`${one}/Log/Resource`);
      assert.ok(world.cloud.logs.events(ref).length > 0, `${one} wrote no log`);
    }
    assert.deepEqual(
      world.services.eks.entries().map(({ groups }) => groups),
      [['airlock:gatekeepers']],
      'another role than that of nodes has an access entry',
    );
    await redeploy(world.cloud, ['gvisor']);
    assert.deepEqual(
      objects(world).filter((name) => name.startsWith('RuntimeClass')),
      ['RuntimeClass gvisor'],
    );
    const messages = overhear(world, logOf(world));
    await world.cloud.destroy();
    assert.deepEqual(objects(world), []);
    const removed = toldIn(messages).map((line) => line.split(' ')[0] ?? '');
    assert.ok(
      removed.lastIndexOf('ClusterRoleBinding') < removed.indexOf('ValidatingAdmissionPolicyBinding'),
      'a policy was removed before the rights that it restricts',
    );
  }),

  'a forged deletion changes nothing': on(async ({ world }) => {
    const before = objects(world);
    await invoke(world, 'Manifests/Grant', { RequestType: 'Delete', ResourceProperties: { Version: 'x' } });
    assert.deepEqual(objects(world), before);
  }),

  'a policy stays while something grants rights to the group that it restricts': on(async ({ world }) => {
    clusterOf(world).apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'by-hand' },
      subjects: [{ kind: 'Group', name: 'airlock:gatekeepers', apiGroup: 'rbac.authorization.k8s.io' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    });
    await world.cloud.destroy();
    assert.equal(objects(world).filter((name) => name.startsWith('ValidatingAdmissionPolicy ')).length, 4);
  }),

  'a RuntimeClass that a pod uses stays': on(async ({ world }) => {
    const api = clusterOf(world);
    const token = api.tokenFor('admin', ['system:masters']);
    const { clock } = world;
    await ask({ endpoint: api.endpoint, caPem: api.caPem, token, clock }, 'POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: 'uses-kata' },
      spec: { runtimeClassName: 'kata-qemu', containers: [{ name: 'a', image: 'b' }] },
    });
    await redeploy(world.cloud, ['gvisor']);
    assert.ok(objects(world).includes('RuntimeClass kata-qemu'), 'a RuntimeClass in use is gone');
    assert.ok(
      toldIn(world.cloud.logs.events(logOf(world)).map(({ message }) => message)).some((line) =>
        line.startsWith('RuntimeClass kata-qemu kept: a pod uses it'),
      ),
      'no log line reports it',
    );
  }),

  'a RuntimeClass of another installer is not overwritten': on(async ({ world }) => {
    await redeploy(world.cloud, ['gvisor']);
    const nodeSelector = { 'katacontainers.io/kata-runtime': 'true' };
    clusterOf(world).apply({
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'kata-qemu' },
      handler: 'kata-qemu',
      scheduling: { nodeSelector },
    });
    const update = redeploy(world.cloud, ['gvisor', 'kata']);
    await assert.rejects(update, /Another manager owns RuntimeClass kata-qemu/);
    const theirs = clusterOf(world)
      .objects('RuntimeClass')
      .find(({ metadata }) => metadata.name === 'kata-qemu');
    assert.deepEqual(theirs?.scheduling?.nodeSelector, nodeSelector);
  }),

  'a function that is not there yet is waited for by the deployment': async (assembly: string) => {
    const refused = new Set<string>();
    const world = await startModelled(assembly, {
      faults: {
        beforeCall: ({ operation, input }) => {
          const { FunctionName = '' } = input as { FunctionName?: string };
          if (operation !== 'Invoke' || refused.has(FunctionName)) return undefined;
          refused.add(FunctionName);
          return new AwsError('ResourceConflictException', 'The function is in the following state: Pending', 409);
        },
      },
    });
    try {
      assert.equal(refused.size, 3);
      assert.equal(objects(world).length, 14);
    } finally {
      await world.stop();
    }
  },
};
