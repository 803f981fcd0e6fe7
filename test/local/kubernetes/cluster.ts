import { gatekeepers } from '../../../domain/kubernetes.ts';
import { renderManifests } from '../../../kubernetes/manifests.ts';
import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import { type Clock, VirtualClock } from '../../../local/clock.ts';
import type { Connection } from '../../../local/kubernetes/client.ts';
import { KubernetesStandIn } from '../../../local/kubernetes/stand-in.ts';

/** The role of the function, the credentials of its session, and a role that the cluster does not know. */
export const role = 'arn:aws:iam::123456789012:role/airlock-cluster';
export const credentials = {
  accessKeyId: 'ASIAGATEKEEPER000001',
  secretAccessKey: 'a-secret',
  sessionToken: 'a-session/token=',
};
export const stranger = { accessKeyId: 'ASIASTRANGER00000001', secretAccessKey: 'another-secret' };
export const region = 'eu-central-1';
export const clusterName = 'prod-1';

/** A cluster with Airlock's manifests and access entry, and ways into it. */
export interface TestCluster {
  readonly clock: VirtualClock;
  readonly api: KubernetesStandIn;
  readonly admin: Connection;
  /** A connection with a token that is signed now. */
  asGatekeeper(changes?: Partial<Parameters<typeof eksToken>[0]>): Promise<Connection>;
  connection(token?: string): Connection;
  stop(): Promise<void>;
}

/** Starts a cluster on a virtual clock of its own. */
export async function startCluster({ gate }: { readonly gate?: string } = {}): Promise<TestCluster> {
  const clock = new VirtualClock();
  const api = await KubernetesStandIn.start({
    clock,
    clusterName,
    accessEntries: [{ principalArn: role, kubernetesGroups: [gatekeepers] }],
    secretOf: (id) => {
      if (id === credentials.accessKeyId) return { ...credentials, roleArn: role, sessionName: 'airlock' };
      if (id === stranger.accessKeyId) return { ...stranger, roleArn: 'arn:aws:iam::123456789012:role/stranger' };
      return undefined;
    },
    manifests: renderManifests({
      runtimes: [{ runtime: 'gvisor', handler: 'runsc' }],
      ...(gate === undefined ? {} : { gate }),
    }),
  });
  const connection = (token?: string): Connection => ({
    endpoint: api.endpoint,
    caPem: api.caPem,
    clock,
    ...(token === undefined ? {} : { token }),
  });
  return {
    clock,
    api,
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

/** A Node as a kubelet registers it, for requests that are made by hand. */
export function nodeBody(name: string, labels: Readonly<Record<string, string>> = {}): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
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
