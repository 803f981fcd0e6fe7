import { gatekeepers, preparers } from '../../domain/kubernetes.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { eksToken } from '../../lambdas/adapters/eks-token.ts';
import { type Clock, RealClock, VirtualClock } from '../../packages/local-aws/clock.ts';
import { ask, type Connection, messageOf } from '../../packages/local-kubernetes/client.ts';
import type { Faults } from '../../packages/local-kubernetes/faults.ts';
import { KubeApiServer } from '../../packages/local-kubernetes/kube-api-server.ts';
import type { Api } from '../../packages/local-kubernetes/kubelet.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import { KubernetesStandIn } from '../../packages/local-kubernetes/stand-in.ts';

/** The function's role, its session credentials, and a role that the cluster does not know. */
export const role = 'arn:aws:iam::123456789012:role/airlock-cluster';
export const credentials = {
  accessKeyId: 'ASIAGATEKEEPER000001',
  secretAccessKey: 'a-secret',
  sessionToken: 'a-session/token=',
};
export const stranger = { accessKeyId: 'ASIASTRANGER00000001', secretAccessKey: 'another-secret' };
export const region = 'eu-central-1';
export const clusterName = 'prod-1';

/**
 * The folder with a kube-apiserver and an etcd, by the convention of controller-runtime; undefined if there is none.
 */
export const assets = process.env['KUBEBUILDER_ASSETS'] || undefined;

type Soon<T> = T | Promise<T>;

/** An API server for tests: the stand-in or a real one. */
interface TestApi extends Api {
  readonly backend: string;
  readonly faults: Faults;
  /** How many times AWS roles made each request: `kubernetes:patch nodes`. */
  readonly counts: Map<string, number>;
  readonly refusals: readonly string[];
  apply(object: unknown): Soon<void>;
  nodes(): Soon<readonly StoredObject[]>;
  node(name: string): Soon<StoredObject | undefined>;
  pods(): Soon<readonly StoredObject[]>;
  events(): Soon<readonly StoredObject[]>;
}

/** A cluster with Airlock's manifests and access entry, and connections to it. */
export interface TestCluster {
  readonly clock: Clock;
  readonly api: TestApi;
  readonly admin: Connection;
  /** A connection with a token that is signed now. */
  asGatekeeper(changes?: Partial<Parameters<typeof eksToken>[0]>): Promise<Connection>;
  connection(token?: string): Connection;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** A cluster on the stand-in, for tests that need its clock or what only it can show. */
export interface StandInCluster extends TestCluster {
  readonly clock: VirtualClock;
  readonly api: KubernetesStandIn;
}

/** Differences from the usual cluster. */
export interface ClusterChoices {
  readonly gate?: string;
  readonly sandboxImages?: readonly string[];
  readonly sandboxedNamespaces?: 'off' | 'enforce';
}

const secretOf = (id: string) => {
  if (id === credentials.accessKeyId) return { ...credentials, roleArn: role, sessionName: 'airlock' };
  if (id === stranger.accessKeyId) return { ...stranger, roleArn: 'arn:aws:iam::123456789012:role/stranger' };
  return undefined;
};

function optionsOf({ gate, sandboxImages = [], sandboxedNamespaces = 'off' }: ClusterChoices) {
  return {
    clusterName,
    secretOf,
    accessEntries: [{ principalArn: role, kubernetesGroups: [gatekeepers] }],
    manifests: renderManifests({
      runtimes: ['gvisor'],
      sandboxImages,
      sandboxedNamespaces,
      ...(gate === undefined ? {} : { gate }),
    }),
  };
}

/** Starts a cluster on the stand-in, with its own virtual clock. */
export async function startStandIn(choices: ClusterChoices = {}): Promise<StandInCluster> {
  const clock = new VirtualClock();
  const api = await KubernetesStandIn.start({ clock, ...optionsOf(choices) });
  return {
    ...waysInto(api, clock),
    clock,
    api,
    pass: async (ms) => void (await clock.run(() => false, clock.now() + ms)),
  };
}

/**
 * Starts a cluster on a real API server if one is named, otherwise on the stand-in: for tests of what both must do
 * alike.
 */
export async function startCluster(choices: ClusterChoices = {}): Promise<TestCluster> {
  if (assets === undefined) return await startStandIn(choices);
  const clock = new RealClock();
  const api = await KubeApiServer.start({ assets, clock, ...optionsOf(choices) });
  const cluster = { ...waysInto(api, clock), clock, api, pass: (ms: number) => clock.sleep(ms) };
  await countedQuota(cluster);
  await policiesInForce(cluster).catch(async (error: unknown) => {
    await cluster.stop();
    throw error;
  });
  api.counts.clear();
  return cluster;
}

function waysInto(api: KubernetesStandIn | KubeApiServer, clock: Clock): Omit<TestCluster, 'clock' | 'api' | 'pass'> {
  const connection = (token?: string): Connection => ({
    endpoint: api.endpoint,
    caPem: api.caPem,
    clock,
    ...(token === undefined ? {} : { token }),
  });
  return {
    admin: connection(api.tokenFor('admin', ['system:masters'])),
    connection,
    asGatekeeper: async (changes = {}) =>
      connection(await eksToken({ cluster: clusterName, region, credentials, now: clock.now(), ...changes })),
    stop: async () => {
      clock.stop();
      await api.stop();
    },
  };
}

/** A bare API server has no controller that counts quota usage, and accepts no pod before usage was counted. */
async function countedQuota({ admin }: TestCluster): Promise<void> {
  const path = '/api/v1/namespaces/airlock-system/resourcequotas/airlock-proof/status';
  const status = { hard: { pods: '1000' }, used: { pods: '0' } };
  await ask(admin, 'PATCH', path, [{ op: 'add', path: '/status', value: status }]);
}

/**
 * A real API server takes some time to enforce new policies, and reads them in groups. All are in force once the one
 * that was applied last denies a request: here a dry run of the function that prepares the cluster.
 */
async function policiesInForce({ api, connection, pass }: TestCluster): Promise<void> {
  const preparer = connection(api.tokenFor('preparer', ['system:masters', preparers]));
  for (let left = 300; ; left--) {
    const answer = await ask(preparer, 'POST', '/api/v1/namespaces/default/configmaps?dryRun=All', {
      metadata: { name: 'canary' },
    });
    if (messageOf(answer).includes('airlock-elsewhere')) return;
    if (left === 0) throw new Error(`the admission policies are not in force: ${messageOf(answer)}`);
    await pass(100);
  }
}

/** A Node as a kubelet registers it, for handmade requests. */
export function nodeBody(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'airlock.dev/runtime': 'gvisor', ...labels } },
    spec: {
      providerID: `aws:///eu-central-1a/i-${name}`,
      taints: [{ key: 'airlock.dev/bootstrap', value: 'true', effect: 'NoSchedule' }],
    },
  };
}

/** Advances the clock. */
export async function pass(clock: Clock & { run: VirtualClock['run'] }, ms: number): Promise<void> {
  await clock.run(() => false, clock.now() + ms);
}
