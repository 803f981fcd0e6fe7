import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { manifestsVersion } from '../../kubernetes/version.ts';
import { type ClusterSettings, type Simulation, startModelled } from '../../packages/lab/simulation.ts';
import { AwsError, type Principal } from '../../packages/local-aws/aws.ts';
import type { VirtualClock } from '../../packages/local-aws/clock.ts';
import { readPolicy } from '../../packages/local-aws/iam.ts';
import { redeploy } from './redeploy.ts';
import { cluster } from './scenario.ts';

/** Deploys the sample over a cluster that EKS has in some state. */
async function deployed(settings: ClusterSettings = {}, clusters: readonly string[] = [cluster]): Promise<Simulation> {
  const world = await startModelled(inject('assembly'), {
    clusters,
    clusterSettings: { [cluster]: settings },
  });
  onTestFinished(() => world.stop());
  return world;
}

/** The names of Airlock's objects in the cluster, by kind. */
function objects(world: Simulation, kind: string): readonly string[] {
  const all = world.clusters.get(cluster)?.objects(kind) ?? [];
  return all.map(({ metadata }) => metadata.name).filter((name) => !['default', 'kube-system'].includes(name));
}

/** Invokes a function as a role that only has AWSLambdaRole, and waits for its end. */
async function invoke(world: Simulation, path: string, event: object): Promise<string> {
  const { cloud } = world;
  const roleArn = 'arn:aws:iam::123456789012:role/invoker';
  cloud.iam.roles.set('invoker', {
    arn: roleArn,
    name: 'invoker',
    id: 'AROAINVOKER',
    trust: readPolicy({ Version: '2012-10-17', Statement: [] }),
    policies: new Map([
      [
        'AWSLambdaRole',
        readPolicy({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' }],
        }),
      ],
    ]),
    tags: {},
  });
  const principal: Principal = { kind: 'role', roleArn, sessionName: 'mallory' };
  let ended: string | undefined;
  cloud.aws
    .call(principal, 'lambda', 'Invoke', {
      FunctionName: cloud.resource(`${path}/Function/Resource`).ref,
      Payload: Buffer.from(JSON.stringify(event)),
    })
    .then(
      (answer) => {
        ended = Buffer.from((answer as { Payload: Uint8Array }).Payload).toString();
      },
      (error: unknown) => {
        ended = String(error);
      },
    );
  await (world.cloud.core.clock as VirtualClock).run(() => ended !== undefined);
  return ended ?? 'it never ended';
}

describe('a deployment', () => {
  it.each<[string, ClusterSettings, readonly string[], RegExp]>([
    [
      'that EKS does not have',
      {},
      ['other'],
      /EKS has no cluster demo in this account and region: correct the name in airlock\.yaml/,
    ],
    [
      'that does not accept access entries',
      { authenticationMode: 'CONFIG_MAP' },
      [cluster],
      /authentication mode is CONFIG_MAP\. .*aws eks update-cluster-config --name demo --access-config authenticationMode=API_AND_CONFIG_MAP/,
    ],
    [
      'with only a private endpoint',
      { access: 'private' },
      [cluster],
      /cluster demo has only a private endpoint: set "private: true" for it in airlock\.yaml/,
    ],
    [
      'that answers only some addresses',
      { publicAccessCidrs: ['198.51.100.0/24'] },
      [cluster],
      /has a public endpoint only for 198\.51\.100\.0\/24: enable its private endpoint with aws eks .*, and set "private: true"/,
    ],
  ])('for a cluster %s fails with what to do, before anything is in it', async (_what, settings, clusters, words) => {
    await expect(deployed(settings, clusters)).rejects.toThrow(words);
  });

  it('waits for a function that does not exist yet, as the framework does', async () => {
    let refused = 0;
    const world = await startModelled(inject('assembly'), {
      faults: {
        beforeCall: ({ operation }) => {
          if (operation !== 'Invoke' || refused > 0) return undefined;
          refused++;
          return new AwsError(
            'ResourceConflictException',
            'The function is currently in the following state: Pending',
            409,
          );
        },
      },
    });
    onTestFinished(() => world.stop());
    expect(refused).toBe(1);
    expect(world.cloud.calls.get('lambda:GetFunction')).toBe(1);
  });

  it('waits until EKS knows the role that gets access', async () => {
    const world = await deployed();
    const refused = world.cloud.journal.filter(({ operation, error }) => operation === 'CreateAccessEntry' && error);

    expect(refused.map(({ error }) => error)).toContain('InvalidParameterException');
    expect(Object.values(world.cloud.outputs)).toContain('19 objects applied');
  });

  it("leaves only the nodes' identity in the cluster", async () => {
    const world = await deployed();

    expect(world.services.eks.entries()).toMatchObject([{ groups: ['airlock:gatekeepers'], policies: [] }]);
  });
});

describe('a principal that may only invoke the functions of a deployment', () => {
  const forged = {
    ClusterRoleBinding: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'airlock-x' },
      subjects: [{ kind: 'User', name: 'mallory', apiGroup: 'rbac.authorization.k8s.io' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    },
  };
  const versionOf = (world: Simulation) => {
    const { settings } = world.cloud.lambda.function(world.cloud.resource('Manifests/Prepare/Function/Resource').ref);
    return manifestsVersion(renderManifests(JSON.parse(settings.environment['MANIFESTS'] ?? '')));
  };
  const everything = (world: Simulation) =>
    [
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'ClusterRole',
      'ClusterRoleBinding',
      'RoleBinding',
    ]
      .flatMap((kind) => objects(world, kind).map((name) => `${kind} ${name}`))
      .sort();

  it.each<[string, 'Grant' | 'Prepare', 'Create' | 'Update' | 'Delete', RegExp]>([
    [
      'cannot have anything deleted',
      'Grant',
      'Delete',
      /Delete was requested, but the resource's status in CloudFormation is CREATE_COMPLETE/,
    ],
    [
      'cannot have anything applied',
      'Grant',
      'Create',
      /Create was requested, but the resource's status in CloudFormation is CREATE_COMPLETE/,
    ],
    ['cannot have anything deleted through the framework', 'Prepare', 'Delete', /HTTP 401: Unauthorized/],
    ['cannot have anything applied through the framework', 'Prepare', 'Update', /HTTP 401: Unauthorized/],
  ])('%s by %s with a forged %s', async (_what, name, RequestType, words) => {
    const world = await deployed();
    const before = everything(world);
    const said = await invoke(world, `Manifests/${name}`, {
      RequestType,
      PhysicalResourceId: 'airlock-in-demo',
      ResourceProperties: { Version: versionOf(world), Manifests: JSON.stringify(Object.values(forged)) },
      OldResourceProperties: { Version: 'x', Manifests: JSON.stringify(Object.values(forged)) },
    });

    expect(said).toMatch(words);
    expect(everything(world)).toEqual(before);
    expect(before).toHaveLength(12);
  });

  it('gets a cluster its own objects, and nothing from the event, even while the right is granted', async () => {
    const world = await deployed();
    const before = everything(world);
    const { roleArn } = world.cloud.lambda.function(
      world.cloud.resource('Manifests/Prepare/Function/Resource').ref,
    ).settings;
    world.clusters
      .get(cluster)
      ?.addAccessEntry({ principalArn: roleArn, kubernetesGroups: ['airlock:preparers'], clusterAdmin: true });
    const said = await invoke(world, 'Manifests/Prepare', {
      RequestType: 'Update',
      ResourceProperties: { Version: versionOf(world), Manifests: JSON.stringify(Object.values(forged)) },
    });

    expect(said).toContain('19 objects applied, 0 removed');
    expect(everything(world)).toEqual(before);
  });
});

describe('a cluster that was created again under its name', () => {
  /** The function keeps the earlier cluster's address, which no longer exists. */
  const outdate = ({ cloud }: Simulation, path: string) => {
    const { ref } = cloud.resource(`${path}/Function/Resource`);
    const { environment } = cloud.lambda.function(ref).settings;
    const CLUSTER_ENDPOINT = 'https://0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com';
    cloud.lambda.update(ref, { environment: { ...environment, CLUSTER_ENDPOINT } });
  };

  it('is unreachable, and the outcome explains why and what to do', async () => {
    const world = await deployed();
    outdate(world, 'Cluster-demo/Cluster');

    expect(await invoke(world, 'Cluster-demo/Cluster', { action: 'survey' })).toMatch(
      /cluster-unreachable.*the cluster was deleted, or created again with the same name\. Remove it from airlock\.yaml and deploy/,
    );
  });

  it('does not stop the deletion of the stack', async () => {
    const world = await deployed();
    outdate(world, 'Manifests/Prepare');

    await expect(world.cloud.destroy()).resolves.toBeUndefined();
  });
});

describe('the manifests in a cluster', () => {
  it('are applied by the deployment, which reports it in an output', async () => {
    const world = await deployed();

    expect(objects(world, 'RuntimeClass').toSorted()).toEqual(['gvisor', 'kata-qemu', 'sysbox-runc']);
    expect(objects(world, 'ClusterRoleBinding')).toEqual(['airlock-gatekeeper']);
    expect(Object.values(world.cloud.outputs)).toContain('19 objects applied');
    expect(world.clusters.get(cluster)?.refusals).toEqual([]);
  });

  it('follow an update, and return if it fails', async () => {
    const world = await deployed();
    await expect(redeploy(world.cloud, ['gvisor'])).resolves.toEqual({
      Summary: '17 objects applied, 2 removed',
    });
    expect(objects(world, 'RuntimeClass')).toEqual(['gvisor']);

    world.clusters.get(cluster)?.apply({
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'sysbox-runc' },
      handler: 'sysbox-runc',
      scheduling: { nodeSelector: { 'sysbox-install': 'yes' } },
    });
    const failing = redeploy(world.cloud, ['gvisor', 'kata', 'sysbox']);

    await expect(failing).rejects.toThrow(/Another manager owns RuntimeClass sysbox-runc/);
    // What the update created is gone, and other owners' objects have stayed.
    expect(objects(world, 'RuntimeClass').toSorted()).toEqual(['gvisor', 'sysbox-runc']);
    expect(world.clusters.get(cluster)?.objects('RuntimeClass').at(-1)?.scheduling).toEqual({
      nodeSelector: { 'sysbox-install': 'yes' },
    });
  });

  it('are removed with the stack, after the identity they are for, and so is the identity that applied them', async () => {
    const world = await deployed();
    await world.cloud.destroy();

    for (const kind of [
      'Namespace',
      'ValidatingAdmissionPolicy',
      'ClusterRole',
      'ClusterRoleBinding',
      'Role',
      'RuntimeClass',
    ]) {
      expect(objects(world, kind), kind).toEqual([]);
    }
    expect(world.services.eks.entries()).toEqual([]);
  });
});
