import { afterAll, beforeAll } from 'vitest';
import { gatekeepers } from '../../../domain/kubernetes.ts';
import { ask, type Connection, messageOf } from '../../../packages/local-kubernetes/client.ts';
import { startCluster, type TestCluster } from '../cluster.ts';

/** Our label and annotation that a gate is lifted with, as they occur in a patch's path. */
export const proven = 'node-restriction.kubernetes.io~1airlock-runtime';
export const receipt = 'airlock.dev~1receipt';

/** An operation of a patch. */
export const add = (path: string, value: unknown) => ({ op: 'add', path, value });
/** An operation of a patch. */
export const gone = (path: string) => ({ op: 'remove', path });

/** An object that owns others. */
export const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'u' };

/** The cluster and helpers of one file's tests. */
export interface Almighty {
  readonly cluster: TestCluster;
  /** Our identity. */
  readonly us: Connection;
}

/**
 * A cluster for the tests of one file, in which our identity has every right: a denial there comes only from the
 * policies.
 *
 * @returns a function that a test calls to get it
 */
export function almighty(): () => Almighty {
  let made: Almighty | undefined;
  beforeAll(async () => {
    const cluster = await startCluster();
    made = { cluster, us: await cluster.asGatekeeper() };
    const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
    const rbac = 'rbac.authorization.k8s.io';
    const metadata = { name: 'everything' };
    await cluster.api.apply({ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules: everything });
    await cluster.api.apply({
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      subjects: [{ kind: 'Group', name: gatekeepers, apiGroup: rbac }],
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'everything' },
    });
  });
  afterAll(() => made?.cluster.stop());
  return () => {
    if (made === undefined) throw new Error('the cluster has not been started yet');
    return made;
  };
}

/** A Node as {@link nodeIn} creates it, as far as tests change it. */
export interface NodeBody {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
  readonly spec: { readonly taints: { key: string; value?: string; effect: string }[] };
}

let made = 0;

/** A number that no other call gets. */
export function unique(): number {
  return made++;
}

/**
 * Creates a Node with one entry of everything, as an administrator would.
 *
 * @param change changes the body before it is sent
 * @returns its name
 */
export async function nodeIn({ cluster }: Almighty, change: (body: NodeBody) => void = () => {}): Promise<string> {
  const name = `node-${unique()}`;
  const body = {
    metadata: {
      name,
      labels: { team: 'a', 'airlock.dev/runtime': 'gvisor', 'airlock.dev/state': 'quarantined' } as Record<
        string,
        string
      >,
      annotations: { note: 'x' } as Record<string, string>,
      finalizers: ['example.com/keep'],
    },
    spec: {
      providerID: `aws:///a/i-${name}`,
      taints: [
        { key: 'team', value: 'a', effect: 'NoSchedule' },
        { key: 'airlock.dev/bootstrap', value: 'true', effect: 'NoSchedule' },
      ] as { key: string; value?: string; effect: string }[],
    },
    status: {
      capacity: { cpu: '2' },
      conditions: [{ type: 'Ready', status: 'True' }],
      runtimeHandlers: [{ name: 'runsc' }],
    },
  };
  change(body);
  const answer = await ask(cluster.admin, 'POST', '/api/v1/nodes', body);
  if (answer.code !== 201) throw new Error(messageOf(answer));
  return name;
}
