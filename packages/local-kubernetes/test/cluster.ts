import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import { VirtualClock } from '../../local-aws/clock.ts';
import type { Connection } from '../client.ts';
import { KubernetesStandIn } from '../stand-in.ts';

/** A role that may read, list and patch Nodes, and its credentials. */
export const role = 'arn:aws:iam::123456789012:role/operator';
const credentials = { accessKeyId: 'ASIAOPERATOR00000001', secretAccessKey: 'a-secret', sessionToken: 'a-session' };
const region = 'eu-central-1';
const clusterName = 'prod-1';
const group = 'operators';

const rbac = 'rbac.authorization.k8s.io';
const rights = [
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: group },
    rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: group },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: group },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: group }],
  },
];

/** A stand-in with a virtual clock, and connections to it. */
export interface StandInCluster {
  readonly clock: VirtualClock;
  readonly api: KubernetesStandIn;
  readonly admin: Connection;
  /** A connection with a token of {@link role} that is signed now. */
  asRole(): Promise<Connection>;
  connection(token: string): Connection;
  stop(): Promise<void>;
}

/** Starts a cluster that has no objects besides the role's rights and those in `manifests`. */
export async function startStandIn(manifests: readonly object[] = []): Promise<StandInCluster> {
  const clock = new VirtualClock();
  const api = await KubernetesStandIn.start({
    clock,
    clusterName,
    accessEntries: [{ principalArn: role, kubernetesGroups: [group] }],
    secretOf: (id) =>
      id === credentials.accessKeyId ? { ...credentials, roleArn: role, sessionName: 'session' } : undefined,
    manifests: [...rights, ...manifests],
  });
  const connection = (token: string): Connection => ({ endpoint: api.endpoint, caPem: api.caPem, clock, token });
  return {
    clock,
    api,
    admin: connection(api.tokenFor('admin', ['system:masters'])),
    connection,
    asRole: async () => connection(await eksToken({ cluster: clusterName, region, credentials, now: clock.now() })),
    stop: async () => {
      clock.stop();
      await api.stop();
    },
  };
}

/** A Node as a kubelet registers it, for handmade requests. */
export function nodeBody(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'example.com/pool': 'sandboxed' } },
    spec: {
      providerID: `aws:///eu-central-1a/i-${name}`,
      taints: [{ key: 'example.com/starting', value: 'true', effect: 'NoSchedule' }],
    },
  };
}

/** Advances the clock. */
export async function pass(clock: VirtualClock, ms: number): Promise<void> {
  await clock.run(() => false, clock.now() + ms);
}
