import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SQSBatchResponse } from 'aws-lambda';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { gatekeepers } from '../../../domain/kubernetes.ts';
import type { Survey } from '../../../domain/survey.ts';
import { renderManifests } from '../../../kubernetes/manifests.ts';
import { bundleOptions } from '../../../lib/bundle-options.ts';
import { RealClock } from '../../../packages/local-aws/clock.ts';
import { ask } from '../../../packages/local-kubernetes/client.ts';
import { KubernetesStandIn } from '../../../packages/local-kubernetes/stand-in.ts';
import { clusterName, credentials, region, role } from '../../kubernetes/cluster.ts';
import { gate, installation } from './world.ts';

/** The size limit of the stack's bundle: the Kubernetes client that provides the types would double it. */
const bundleLimitKiB = 1_200;

const clock = new RealClock();
const instanceId = 'i-0123456789abcdef0';
let folder: string;
let api: KubernetesStandIn;
let aws: Server;
/** The ledger's record of every launch that it is asked for, in DynamoDB's form. */
let row: Record<string, { S: string }> = {};
/** The requests to AWS, by operation. */
let asked: { readonly operation: string; readonly input: Record<string, unknown> }[] = [];
let bytes = 0;
let handler: (event: unknown) => Promise<SQSBatchResponse & Survey>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-cluster-'));
  const { metafile } = await build({
    ...bundleOptions,
    entryPoints: [new URL('../../../lambdas/cluster/handler.ts', import.meta.url).pathname],
    outfile: join(folder, 'index.js'),
    write: true,
    metafile: true,
  });
  bytes = Object.values(metafile.outputs)[0]?.bytes ?? 0;
  api = await KubernetesStandIn.start({
    clock,
    clusterName,
    accessEntries: [{ principalArn: role, kubernetesGroups: [gatekeepers] }],
    secretOf: (id) => (id === credentials.accessKeyId ? { ...credentials, roleArn: role } : undefined),
    manifests: renderManifests({ runtimes: ['gvisor'] }),
  });
  aws = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    asked.push({ operation, input: JSON.parse(await text(request)) });
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(operation === 'BatchGetItem' ? { Responses: { ledger: [row] } } : {}));
  });
  await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(aws.address() as AddressInfo).port}`);
  vi.stubEnv('LEDGER_TABLE', 'ledger');
  vi.stubEnv('QUEUE', 'https://sqs.eu-central-1.amazonaws.com/123456789012/tasks');
  vi.stubEnv('CLUSTER_NAME', clusterName);
  vi.stubEnv('CLUSTER_ENDPOINT', api.endpoint);
  vi.stubEnv('CLUSTER_CA', api.caBase64);
  vi.stubEnv('GATE_KEY', gate.key);
  vi.stubEnv('PROOF', 'host');
  vi.stubEnv('AWS_REGION', region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', credentials.sessionToken);
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'cluster');
  handler = createRequire(import.meta.url)(join(folder, 'index.js')).handler;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  clock.stop();
  await api.stop();
  aws.closeAllConnections();
  await new Promise((resolve) => aws.close(resolve));
  await rm(folder, { recursive: true });
});

const node = () => ({
  instanceId,
  launchedAt: new Date(Date.now() - 5_000).toISOString(),
  cluster: clusterName,
  pool: 'sandboxes',
  nodeName: 'ip-10-0-0-9',
  providerId: `aws:///eu-central-1a/${instanceId}`,
  deadline: new Date(Date.now() + 900_000).toISOString(),
});

/** Messages as a function receives them from its queue. */
const messages = (...bodies: readonly object[]) => ({
  Records: bodies.map((body, at) => ({
    messageId: `m${at}`,
    receiptHandle: `r${at}`,
    body: JSON.stringify(body),
    attributes: { SentTimestamp: String(Date.now()) },
  })),
});

const key = ({ launchedAt }: ReturnType<typeof node>) => ({ instanceId, launchedAt });

it('the bundle releases a node, and neither its log nor its metrics contain the token', async () => {
  const lines: string[] = [];
  // Powertools writes to the process's streams, past this file's console.
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
  }
  const admin = { endpoint: api.endpoint, caPem: api.caPem, clock, token: api.tokenFor('admin', ['system:masters']) };
  const { nodeName, providerId } = node();
  await ask(admin, 'POST', '/api/v1/nodes', {
    metadata: { name: nodeName, labels: { 'airlock.dev/runtime': 'gvisor' }, annotations: { a: 'b' } },
    spec: { providerID: providerId, taints: [gate] },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      runtimeHandlers: [{ name: 'runsc' }],
      nodeInfo: { bootID: installation.host.bootId, kernelVersion: installation.host.kernel },
    },
  });

  const launch = node();
  const proven = { token: 't1', provenToken: 't1', installation: JSON.stringify(installation), nonce: 'n1' };
  const stored = { ...key(launch), launch: JSON.stringify(launch), ...proven };
  row = Object.fromEntries(Object.entries(stored).map(([name, S]) => [name, { S }]));
  const answer = await handler(
    messages({ action: 'release', key: key(launch), nonce: 'n1', token: 'a-token-of-the-state' }),
  );

  vi.restoreAllMocks();
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(asked.map(({ operation }) => operation)).toEqual(['BatchGetItem', 'SendTaskSuccess']);
  expect(asked[1]?.input).toMatchObject({ taskToken: 'a-token-of-the-state' });
  expect(JSON.parse(String(asked[1]?.input['output']))).toMatchObject({ outcome: 'released', instanceId });
  expect(api.node(nodeName)?.spec?.taints?.some(({ key }) => key === gate.key)).toBe(false);
  expect(lines.join('')).toContain('answered');
  expect(lines.join('')).toContain('LaunchEnded');
  expect(lines.join('')).not.toMatch(/k8s-aws-v1|X-Amz-Signature|a-secret|a-session|a-token-of-the-state/);
  expect(api.refusals).toEqual([]);
});

it('the bundle surveys the nodes of our pools', async () => {
  const survey = await handler({ action: 'survey', versions: { gvisor: 'another' } });

  expect(survey).toMatchObject({ cluster: clusterName, nodes: [{ instanceId, state: 'released', outdated: true }] });
});

it.each([
  [{ action: 'reboot' }, 'the call is not valid at action: '],
  [{ action: 'survey', limit: 1_000 }, 'the call is not valid at limit: '],
  [{ action: 'release', key: key(node()) }, 'the call is not valid at action: '],
  [{}, 'the call is not valid at action: '],
])('an event that is not a call is refused by the name of its field (%#)', async (event, words) => {
  await expect(handler(event)).rejects.toThrow(words);
});

const valid = { action: 'release', key: key(node()), nonce: 'n1', token: 't' };

it.each<[string, object, readonly string[]]>([
  ['is unreadable', { action: 'release' }, []],
  ['names no record', { ...valid, key: { ...valid.key, instanceId: 'i-1' } }, []],
  ['requests another action', { ...valid, action: 'reboot' }, []],
  ["does not have the run's nonce", { ...valid, nonce: 'n2' }, ['BatchGetItem']],
  ['requests what its record does not hold', { ...valid, action: 'close' }, ['BatchGetItem', 'SendTaskFailure']],
])('a message that %s has no effect, and is not delivered again', async (_what, message, calls) => {
  asked = [];
  const before = [...api.counts];
  row = { ...row, instanceId: { S: valid.key.instanceId }, launchedAt: { S: valid.key.launchedAt } };

  expect(await handler(messages(message))).toEqual({ batchItemFailures: [] });

  expect(asked.map(({ operation }) => operation)).toEqual(calls);
  expect([...api.counts]).toEqual(before);
});

it('the bundle stays as small as the narrow import makes it', () => {
  expect(bytes / 1_024).toBeLessThan(bundleLimitKiB);
});
