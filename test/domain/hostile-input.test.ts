import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { readCommandEnd, readLaunchEvent, readTermination } from '../../domain/events.ts';
import { anyReceiptOn, type ClusterNode, receiptAnnotation } from '../../domain/kubernetes.ts';
import { AdmissionSchema, ClusterMessageSchema, CommandMessageSchema } from '../../domain/messages.ts';
import { readResult } from '../../domain/result.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import { type Candidate, classifyLaunch } from '../../lambdas/admission/decide.ts';
import { hostileText, nearly, runs, unfit } from '../hostile.ts';
import { installation } from '../lambdas/cluster/world.ts';

const instanceId = 'i-0123456789abcdef0';
const launchedAt = '2026-11-25T09:00:00.000Z';
const launch = {
  instanceId,
  launchedAt,
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  providerId: `aws:///eu-central-1a/${instanceId}`,
  deadline: '2026-11-25T09:20:00.000Z',
};
const request = { runtime: 'gvisor', version: '20260928.0' };
const key = { instanceId, launchedAt };
const failure = { outcome: 'proof-failed', detail: 'not in gVisor' };

const result = {
  airlock: 1,
  verb: 'install',
  runtime: 'gvisor',
  version: '20260928.0',
  outcome: 'installed',
  detail: '',
  handler: 'runsc',
  sha256: 'a'.repeat(64),
  host: installation.host,
  config: 'edited',
  restarts: 1,
  sandboxImage: 'registry.k8s.io/pause:3.10',
  evidence: 'Starting gVisor',
  phases: { fetch: 1_000 },
};
const receipt = { version: 2, ...launch, ...failure, endedAt: launchedAt, totalMs: 1, installation, gate: 'kept' };

const bare: ClusterNode = { name: 'n', uid: 'u', resourceVersion: '1', createdAt: 0, providerId: '' };

const texts = (good: object) =>
  fc.oneof(
    hostileText,
    nearly(good).map((one) => JSON.stringify(one)),
  );

describe('whatever a node writes', () => {
  it('as its result is read without an exception, and what is kept is bounded and printable', () => {
    fc.assert(
      fc.property(texts(result), (line) => {
        expect(unfit(readResult(line))).toEqual([]);
      }),
      runs,
    );
  });

  it('as a receipt is a valid receipt or none: without an exception, bounded and printable', () => {
    fc.assert(
      fc.property(texts(receipt), (text) => {
        expect(unfit(anyReceiptOn({ ...bare, annotations: { [receiptAnnotation]: text } }) ?? {})).toEqual([]);
      }),
      runs,
    );
  });
});

describe('whatever event arrives', () => {
  const ec2 = {
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    time: '2026-11-25T09:00:00Z',
    detail: { 'instance-id': instanceId, state: 'running' },
  };
  const ssm = {
    source: 'aws.ssm',
    'detail-type': 'EC2 Command Invocation Status-change Notification',
    detail: {
      'command-id': '0f9d4c5e-7f6a-4b1e-9c3d-2a1b0c9d8e7f',
      'document-name': 'airlock',
      'instance-id': instanceId,
      status: 'Success',
    },
  };

  it.each([
    ['a launch', readLaunchEvent, ec2],
    ['a termination', readTermination, { ...ec2, detail: { ...ec2.detail, state: 'stopped' } }],
    ['the end of a command', readCommandEnd, ssm],
  ] as const)('%s is read without an exception, names an instance and a time, and is bounded', (_what, read, good) => {
    expect(read(JSON.stringify(good))).toBeDefined();
    fc.assert(
      fc.property(texts(good), (text) => {
        const event = read(text);
        if (event === undefined) return;
        expect(event.instanceId).toMatch(/^i-[0-9a-f]{8,17}$/);
        if ('at' in event) expect(Number.isNaN(Date.parse(event.at))).toBe(false);
        expect(unfit(event, 300)).toEqual([]);
      }),
      runs,
    );
  });
});

it.each([
  ['the input of an execution', AdmissionSchema, { launch, request, refused: failure, ignored: 'a tag' }],
  ['a message for dispatch', CommandMessageSchema, { key, nonce: 'n', token: 't', attempt: 0 }],
  ['a message for a cluster', ClusterMessageSchema, { action: 'release', key, nonce: 'n', token: 't' }],
] as const)('%s is refused, or bounded and printable, whatever it holds', (_what, schema, good) => {
  expect(v.safeParse(schema, good).success).toBe(true);
  fc.assert(
    fc.property(nearly(good), (input) => {
      const parsed = v.safeParse(schema, input);
      if (!parsed.success) return;
      // Texts that are only compared with those of the record.
      const { token: _, nonce: __, ...rest } = parsed.output as { token?: string; nonce?: string };
      expect(unfit(rest)).toEqual([]);
    }),
    runs,
  );
});

it("whatever an instance's tag holds, it requests a configured runtime or none", () => {
  const config = {
    clusters: ['demo'],
    versions: { gvisor: { default: '20260928.0', all: ['20260928.0'] } },
    deadlineMinutes: 20,
    onFailure: 'replace',
    pools: [],
  } as unknown as Parameters<typeof classifyLaunch>[2];
  const good = {
    'airlock:runtime': 'gvisor',
    'airlock:cluster': 'demo',
    'airlock:deadline-minutes': '10',
    'karpenter.sh/nodepool': 'ci',
  };
  const tags = fc
    .tuple(fc.constantFrom(...Object.keys(good)), hostileText)
    .map(([key, value]) => ({ ...good, [key]: value }));
  fc.assert(
    fc.property(tags, (tagged) => {
      const candidate: Candidate = {
        instanceId,
        state: 'running',
        launchedAt,
        availabilityZone: 'eu-central-1a',
        privateDnsName: 'ip-10-0-0-4',
        tags: tagged,
      };
      const decision = classifyLaunch({ instanceId, at: launchedAt }, candidate, config, Date.parse(launchedAt));
      if (decision.step !== 'admit') return;
      const { admission } = decision;
      expect(admission.request ?? request).toEqual(request);
      expect(admission.launch.cluster).toBe('demo');
      expect(unfit(admission)).toEqual([]);
    }),
    runs,
  );
});

it('whatever a ledger record holds, what is read from it is bounded and printable, or absent', () => {
  const row = {
    instanceId,
    launchedAt,
    cluster: 'demo',
    pool: 'ci',
    launch: JSON.stringify(launch),
    request: JSON.stringify(request),
    refused: JSON.stringify(failure),
    installation: JSON.stringify(installation),
    failure: JSON.stringify(failure),
    receipt: JSON.stringify(receipt),
    outcome: 'proof-failed',
    endedAt: launchedAt,
  };
  const rows = fc.oneof(
    nearly(row),
    fc.tuple(nearly(receipt), nearly(installation)).map(([one, other]) => ({
      ...row,
      receipt: JSON.stringify(one),
      installation: JSON.stringify(other),
    })),
  );
  fc.assert(
    fc.property(rows, (item) => {
      const { launch: said, installation: proven, failure: failed, receipt: end } = parseRunRecord(item) ?? {};
      expect(unfit([said, proven, failed, end])).toEqual([]);
    }),
    runs,
  );
});

it.each([
  { instanceId: 'i-0ffffffffffffffff' },
  { launchedAt: '2026-11-25T09:00:01.000Z' },
  { rerun: { why: 'held', attempt: 1, released: false, reason: '' } },
])('the node of a record is the one that its key names, or none if it holds %j', (other) => {
  const row = (said: object) => parseRunRecord({ ...key, cluster: 'demo', pool: 'ci', launch: JSON.stringify(said) });
  expect(row(launch)?.launch).toMatchObject(key);
  expect(row({ ...launch, ...other })?.launch).toBeUndefined();
});
