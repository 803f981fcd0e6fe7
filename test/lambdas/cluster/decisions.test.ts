import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ClusterNode,
  ownTaintsOf,
  type PatchOperation,
  poolLabel,
  provenLabel,
  quarantineKey,
  receiptAnnotation,
} from '../../../domain/kubernetes.ts';
import { type LedgerRow, rowName } from '../../../domain/ledger.ts';
import type { Node } from '../../../domain/node.ts';
import { outcomeCodes } from '../../../domain/outcomes.ts';
import type { Installation, Proof } from '../../../domain/receipt.ts';
import { runtimeTraits } from '../../../domain/runtimes.ts';
import { verdicts } from '../../../domain/verdict.ts';
import { mayHalt } from '../../../lambdas/cancellation/decide.ts';
import { authorize } from '../../../lambdas/cluster/authorize.ts';
import { decideQuarantine, decideRelease } from '../../../lambdas/cluster/decide.ts';
import { NodeLookup } from '../../../lambdas/cluster/lookup.ts';
import { sortMessages } from '../../../lambdas/cluster/messages.ts';
import { answerOf, ownerOf } from '../../../lambdas/results/decide.ts';
import { applyJsonPatch } from '../../../packages/local-kubernetes/json-patch.ts';
import { runs } from '../../hostile.ts';
import { installation as sample } from './world.ts';

const gateKey = 'airlock.dev/bootstrap';
const now = Date.parse('2026-11-25T09:05:00.000Z');
const launch: Node = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-25T09:00:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
  deadline: '2026-11-25T09:20:00.000Z',
};
const installation: Installation = { ...sample, runtime: 'gvisor', handler: 'runsc' };

/** One of few values, or nothing at all. */
const maybe = <T>(...values: readonly T[]) => fc.constantFrom<T | undefined>(undefined, ...values);
/** Leaves out what is undefined, as a stored row does. */
const present = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

const failures = fc.record({ outcome: fc.constantFrom(...outcomeCodes), detail: fc.string({ maxLength: 20 }) });
const nodes = fc
  .record({
    cluster: fc.constantFrom('demo', 'other'),
    relaunched: maybe(true as const),
    again: maybe({ why: 'drifted' as const, attempt: 1, released: true, reason: '' }),
  })
  .map((change) => ({ ...launch, ...present(change) }));

/** A row of the ledger with any of its fields, or without. */
const rows: fc.Arbitrary<LedgerRow> = fc
  .record({
    node: fc.oneof({ weight: 4, arbitrary: nodes }, { weight: 1, arbitrary: fc.constant(undefined) }),
    nonce: maybe('drawn', 'another'),
    token: maybe('token-1', 'token-2'),
    provenToken: maybe('token-1', 'token-2'),
    installation: maybe(installation),
    failure: fc.oneof(fc.constant(undefined), failures),
    haltedAt: maybe(launch.launchedAt),
    verdict: maybe(...verdicts),
    outcome: maybe(...outcomeCodes),
  })
  .map((fields) => ({
    instanceId: launch.instanceId,
    launchedAt: launch.launchedAt,
    cluster: 'demo',
    pool: 'ci',
    ...present(fields),
  }));

describe('whatever a row holds', () => {
  test('a node is released only for what was proven in its current attempt, and never after a failure or an end', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const found = authorize('release', row, 'demo');
        const may =
          row.node?.cluster === 'demo' &&
          row.outcome === undefined &&
          row.failure === undefined &&
          row.haltedAt === undefined &&
          row.installation !== undefined &&
          row.token !== undefined &&
          row.provenToken === row.token;
        expect('call' in found).toBe(may);
        if ('call' in found)
          expect(found.call).toEqual({ action: 'release', node: row.node, installation: row.installation });
      }),
      runs,
    );
  });

  test('a node is quarantined only for the failure that was noted, and never if it may be released', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const found = authorize('quarantine', row, 'demo');
        expect('call' in found).toBe(
          row.node?.cluster === 'demo' && row.outcome === undefined && row.failure !== undefined,
        );
        if (!('call' in found)) return;
        expect('call' in authorize('release', row, 'demo')).toBe(false);
        expect(found.call).toMatchObject({ action: 'quarantine', node: row.node, failure: row.failure });
        if (found.call.action !== 'quarantine') throw new Error('another action');
        expect(found.call.once).toBe(row.verdict === 'replace');
        if (row.verdict === undefined || row.verdict === 'hold') expect(found.call.breakerOpen).toBe(true);
      }),
      runs,
    );
  });

  test('a node is closed only before anything was sent to it, for an earlier launch', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const may =
          row.node?.cluster === 'demo' &&
          row.outcome === undefined &&
          row.node.relaunched === true &&
          row.token === undefined;
        expect('call' in authorize('close', row, 'demo')).toBe(may);
      }),
      runs,
    );
  });

  test('no message counts without the text that the run drew', () => {
    const messages = fc.record({
      action: fc.constantFrom('release' as const, 'quarantine' as const, 'close' as const),
      nonce: fc.constantFrom('drawn', 'another', ''),
      token: fc.constant('token-1'),
    });
    fc.assert(
      fc.property(rows, fc.array(messages, { maxLength: 4 }), (row, said) => {
        const key = { instanceId: row.instanceId, launchedAt: row.launchedAt };
        const received = said.map((message) => ({
          record: { attributes: { SentTimestamp: String(now) } } as never,
          message: { ...message, key },
        }));
        const { wanted, refused, foreign } = sortMessages(received, new Map([[rowName(row), row]]), 'demo', now);
        const counted = [...wanted.flatMap(({ by }) => by), ...refused];
        for (const { message } of counted) expect(message.nonce).toBe(row.nonce);
        for (const { message } of foreign) expect(row.nonce === undefined || message.nonce !== row.nonce).toBe(true);
        expect(counted.length + foreign.length).toBe(said.length);
        expect(new Set(wanted.map(({ asked }) => asked.call.action)).size).toBe(wanted.length);
      }),
      runs,
    );
  });

  test('a run is halted only if it failed, or its time is up', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 40 }), (row, minutes) => {
        const at = Date.parse(launch.launchedAt) + minutes * 60_000;
        expect(mayHalt(row, at)).toBe(row.node !== undefined && (row.failure !== undefined || minutes >= 20));
      }),
      runs,
    );
  });
});

const taints = fc.uniqueArray(
  fc.constantFrom(gateKey, quarantineKey, 'karpenter.sh/unregistered', 'node.kubernetes.io/not-ready', 'team/own'),
  { maxLength: 5 },
);
/** A receipt as anybody who writes annotations can write one. */
const claims = maybe(
  'no receipt',
  JSON.stringify({
    version: 1,
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
/** A Node with whatever a kubelet, an autoscaler or an earlier launch may have left there. */
const clusterNodes: fc.Arbitrary<ClusterNode> = fc
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

interface Shown {
  readonly metadata: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
}

/** The Node as the API has it after some patches. */
function patched(node: ClusterNode, ...patches: readonly (readonly PatchOperation[])[]): Shown {
  const { labels, annotations, uid, boot, providerId } = node;
  const shown: unknown = {
    metadata: present({ uid, labels, annotations }),
    spec: present({ providerID: providerId, taints: node.taints }),
    status: { nodeInfo: { bootID: boot?.id } },
  };
  return patches.reduce<unknown>((at, patch) => applyJsonPatch(at, patch), shown) as Shown;
}

const keysOf = ({ spec }: Shown) => (spec.taints ?? []).map(({ key }) => key);
const others = (keys: readonly string[]) => keys.filter((key) => !ownTaintsOf(gateKey).includes(key)).toSorted();

describe('whatever stands on a Node', () => {
  test('it is the one of a launch only with its providerID and in the boot that was proven', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(clusterNodes, { maxLength: 3 }), async (all) => {
        const unreleased = all.filter(({ labels }) => labels?.[provenLabel] === undefined);
        const named = (name: string) => all.find((one) => one.name === name);
        const lookup = new NodeLookup(
          {
            view: {
              node: async (name) => unreleased.find((one) => one.name === name),
              withProviderId: async (id) => unreleased.filter(({ providerId }) => providerId === id),
              releasedWithProviderId: async (id) =>
                all.filter((one) => one.providerId === id && !unreleased.includes(one)),
            },
            api: { readNode: async (name) => named(name) },
            time: { now: () => now },
          },
          launch,
          { id: installation.host.bootId },
          { aloneMs: 0 },
        );
        const { nodes: found = [] } = await lookup.find();
        for (const node of found) expect(node.providerId).toBe(launch.providerId);
        if (found.length === 1) expect(found[0]?.boot?.id).toBe(installation.host.bootId);
      }),
      { numRuns: 3_000 },
    );
  });

  test('the gate is lifted only after a proof of this call, with the label of what was installed and a new receipt', () => {
    const pod = { kind: 'pod', pod: 'airlock-proof', runtimeClass: 'gvisor', image: 'pause', ms: 1 } as const;
    const proofs = maybe<Proof>({ kind: 'host' }, pod);
    fc.assert(
      fc.property(clusterNodes, proofs, (node, proof) => {
        const decision = decideRelease(
          node,
          { action: 'release', node: launch, installation },
          { gateKey, now, proof },
        );
        if (decision.kind === 'take-back') {
          const shown = patched(node, decision.patch);
          expect(shown.metadata.labels?.[provenLabel]).toBeUndefined();
          expect(keysOf(shown)).toContain(gateKey);
          return;
        }
        if (decision.kind !== 'release') return;
        expect(proof).toBeDefined();
        expect(node.ready?.status).toBe('True');
        // The patch itself asks for the boot and the instance, so it lands on no other Node.
        const good = { ...node, boot: { kernel: 'k', id: installation.host.bootId }, providerId: launch.providerId };
        const shown = patched(good, releasing(good, proof));
        expect(shown.metadata.labels?.[provenLabel]).toBe('gvisor');
        expect(keysOf(shown).filter((key) => ownTaintsOf(gateKey).includes(key))).toEqual([]);
        expect(others(keysOf(shown))).toEqual(others((node.taints ?? []).map(({ key }) => key)));
        expect(JSON.parse(shown.metadata.annotations?.[receiptAnnotation] ?? '')).toMatchObject({
          outcome: 'released',
          endedAt: new Date(now).toISOString(),
          proof,
        });
        if (node.boot?.id !== installation.host.bootId) expect(() => patched(node, decision.patch)).toThrow();
      }),
      runs,
    );
  });

  test('a failure keeps the gate or puts it back, takes the label away, and says that failure: never a release', () => {
    fc.assert(
      fc.property(clusterNodes, nodes, failures, fc.boolean(), (node, its, failure, breakerOpen) => {
        const call = { action: 'quarantine', node: its, failure, breakerOpen, once: false } as const;
        const decision = decideQuarantine(node, call, { gateKey, now });
        expect(decision.receipt.outcome).toBe(failure.outcome);
        if (decision.kind === 'leave') {
          expect([node.labels?.[provenLabel] !== undefined, its.again?.released, failure.outcome]).toEqual([
            true,
            true,
            'breaker-open',
          ]);
          return;
        }
        const shown = patched(node, decision.taints, decision.labels, decision.note);
        expect(keysOf(shown)).toContain(gateKey);
        if (!breakerOpen) expect(keysOf(shown)).toContain(quarantineKey);
        expect(shown.metadata.labels?.[provenLabel]).toBeUndefined();
        expect(others(keysOf(shown))).toEqual(others((node.taints ?? []).map(({ key }) => key)));
      }),
      runs,
    );
  });
});

function releasing(node: ClusterNode, proof: Parameters<typeof decideRelease>[2]['proof']): readonly PatchOperation[] {
  const decision = decideRelease(node, { action: 'release', node: launch, installation }, { gateKey, now, proof });
  return decision.kind === 'release' ? decision.patch : [];
}

describe('whatever a node says that it was installed', () => {
  const row: LedgerRow = {
    instanceId: launch.instanceId,
    launchedAt: launch.launchedAt,
    cluster: 'demo',
    pool: 'ci',
    document: 'airlock-gvisor-install-abc',
    batchId: 'batch',
    request: { runtime: 'gvisor', release: '20260928.0' },
    checksums: { x86_64: 'a'.repeat(64), aarch64: 'b'.repeat(64) },
  };
  const said = fc.record({
    airlock: fc.constant(1),
    verb: fc.constantFrom('install', 'prove', 'uninstall'),
    runtime: fc.constantFrom('gvisor', 'kata'),
    release: fc.constantFrom('20260928.0', '20250101.0'),
    outcome: fc.constantFrom('installed', 'already-installed', 'proven', 'proof-failed', 'released'),
    detail: fc.constant(''),
    handler: fc.constantFrom('runsc', 'kata-qemu', 'runc'),
    sha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64), ''),
    host: fc.constantFrom('x86_64', 'aarch64', 'riscv64').map((arch) => ({ ...installation.host, arch })),
    config: fc.constant('edited'),
    restarts: fc.constant(1),
    phases: fc.constant({ fetch: 1 }),
  });
  const standings = fc.record({
    status: fc.constantFrom('Success', 'Failed', 'TimedOut'),
    statusDetails: fc.constant('x'),
    document: fc.constantFrom('airlock-gvisor-install-abc', 'airlock-gvisor-prove-abc', 'AWS-RunShellScript'),
    comment: fc.constantFrom('batch', 'by hand', ''),
  });

  test('it has proven only what it was sent, and nothing but that is noted', () => {
    fc.assert(
      fc.property(said, standings, (result, standing) => {
        const answer = answerOf(row, 'c', { ...standing, output: JSON.stringify(result) }, launch.launchedAt);
        const sent = row.checksums?.[result.host.arch as 'x86_64'];
        const proven =
          standing.status === 'Success' &&
          result.verb === 'install' &&
          (result.outcome === 'installed' || result.outcome === 'already-installed') &&
          result.runtime === 'gvisor' &&
          result.release === '20260928.0' &&
          result.handler === runtimeTraits.gvisor.handlers[0] &&
          sent !== undefined &&
          result.sha256 === sent;
        expect(answer.answer).toBe(proven ? 'success' : 'failure');
        if (answer.answer === 'success')
          expect(answer.installation).toMatchObject({
            runtime: 'gvisor',
            release: '20260928.0',
            handler: 'runsc',
            sha256: sent,
            document: row.document,
          });
      }),
      runs,
    );
  });

  test('a command is that of an attempt only by its id or its batch, and by the document that was claimed', () => {
    fc.assert(
      fc.property(standings, maybe('c', 'other'), (standing, commandId) => {
        const known = { ...row, ...present({ commandId }) };
        const owner = ownerOf([known], 'c', { ...standing, output: '' });
        const byId = commandId === 'c';
        const byBatch = commandId === undefined && standing.comment === 'batch';
        expect(owner !== undefined).toBe(standing.document === row.document && (byId || byBatch));
      }),
      runs,
    );
  });
});
