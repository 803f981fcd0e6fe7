import fc from 'fast-check';
import { dispositions } from '../../domain/disposition.ts';
import { type ClusterNode, poolLabel, provenLabel, quarantineKey, receiptAnnotation } from '../../domain/kubernetes.ts';
import type { Launch } from '../../domain/launch.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { outcomeCodes } from '../../domain/outcomes.ts';
import type { Installation } from '../../domain/receipt.ts';
import { installation as sample } from './cluster/world.ts';

export const gateKey = 'airlock.dev/bootstrap';
export const now = Date.parse('2026-11-25T09:05:00.000Z');
export const launch: Launch = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-25T09:00:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
  deadline: '2026-11-25T09:20:00.000Z',
};
export const installation: Installation = { ...sample, runtime: 'gvisor', handler: 'runsc' };

/** One of a few values, or undefined. */
export const maybe = <T>(...values: readonly T[]) => fc.constantFrom<T | undefined>(undefined, ...values);
/** Leaves out undefined values, as a stored record does. */
export const present = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

export const failures = fc.record({ outcome: fc.constantFrom(...outcomeCodes), detail: fc.string({ maxLength: 20 }) });

/** Arbitraries for fields of a type; a name that is none of its fields does not compile. */
type Fields<T> = { readonly [K in keyof T]?: fc.Arbitrary<T[K] | undefined> };

const launchFields = {
  cluster: fc.constantFrom('demo', 'other'),
  relaunched: maybe(true as const),
  rerun: maybe({ why: 'drifted' as const, attempt: 1, released: true, reason: '' }),
} satisfies Fields<Launch>;

export const launches = fc.record(launchFields).map((change) => ({ ...launch, ...present(change) }));

const runFields = {
  launch: fc.oneof({ weight: 4, arbitrary: launches }, { weight: 1, arbitrary: fc.constant(undefined) }),
  nonce: maybe('drawn', 'another'),
  token: maybe('token-1', 'token-2'),
  provenToken: maybe('token-1', 'token-2'),
  installation: maybe(installation),
  failure: fc.oneof(fc.constant(undefined), failures),
  cancelledAt: maybe(launch.launchedAt),
  disposition: maybe(...dispositions),
  outcome: maybe(...outcomeCodes),
} satisfies Fields<RunRecord>;

/** A ledger record with or without each of its fields. */
export const rows: fc.Arbitrary<RunRecord> = fc.record(runFields).map((fields) => ({
  instanceId: launch.instanceId,
  launchedAt: launch.launchedAt,
  cluster: 'demo',
  pool: 'ci',
  ...present(fields),
}));

const taints = fc.uniqueArray(
  fc.constantFrom(gateKey, quarantineKey, 'karpenter.sh/unregistered', 'node.kubernetes.io/not-ready', 'team/own'),
  { maxLength: 5 },
);
/** A receipt as anyone who can write annotations may write it. */
const claims = maybe(
  'no receipt',
  JSON.stringify({
    version: 2,
    ...launch,
    outcome: 'released',
    detail: '',
    endedAt: launch.launchedAt,
    totalMs: 1,
    installation,
    proof: { kind: 'host' },
    gate: 'returned',
  }),
);
/** A Node in any state that a kubelet, an autoscaler or an earlier launch may leave. */
export const clusterNodes: fc.Arbitrary<ClusterNode> = fc
  .record({
    labels: fc.oneof(
      fc.constant(undefined),
      fc
        .record({
          [provenLabel]: maybe('gvisor', 'kata'),
          [poolLabel]: maybe('gvisor'),
          'karpenter.sh/nodepool': maybe('ci'),
          'karpenter.sh/registered': maybe('true'),
          'airlock.dev/state': maybe('released', 'quarantined'),
        })
        .map((labels) => present(labels) as Record<string, string>),
    ),
    annotations: claims.map((text) => (text === undefined ? undefined : { [receiptAnnotation]: text })),
    taints: taints.map((keys) => (keys.length === 0 ? undefined : keys.map((key) => ({ key, effect: 'NoSchedule' })))),
    ready: maybe({ status: 'True', reason: '', message: '' }, { status: 'False', reason: 'r', message: 'm' }),
    boot: maybe({ kernel: 'k', id: installation.host.bootId }, { kernel: 'k', id: 'another' }),
    handlers: maybe([{ name: 'runsc', userNamespaces: true }], [{ name: 'runc', userNamespaces: true }], []),
    providerId: fc.constantFrom(launch.providerId, 'aws:///eu-central-1a/i-0ffffffffffffffff', ''),
    name: fc.constantFrom(launch.nodeName, 'ip-10-0-0-66'),
  })
  .map((fields) => ({ uid: 'u', resourceVersion: '1', createdAt: now, name: '', providerId: '', ...present(fields) }));
