import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { awsOutputPools } from '../../domain/doctor/templates/aws-output.ts';
import type { FleetReader } from '../../lambdas/doctor/ports.ts';

/** What AWS answers on the wire: a body as its API reference shows it, and the status. */
type Answer = readonly [status: number, body: string];

const file = (name: string) => readFileSync(new URL(`answers/${name}`, import.meta.url), 'utf8');
const ec2Error = (code: string) =>
  `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>`;
const queryError = (code: string) =>
  `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
const iam = (operation: string, result: string) =>
  `<${operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${operation}Result>${result}</${operation}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${operation}Response>`;
const role = '<RoleName>nodes</RoleName><Arn>arn:aws:iam::123456789012:role/nodes</Arn>';
const eksError = JSON.stringify({ __type: 'ResourceNotFoundException', message: 'No cluster found for name: other.' });

const usual: Readonly<Record<string, (input: URLSearchParams) => Answer>> = {
  DescribeAutoScalingGroups: (input) => [
    200,
    file(`DescribeAutoScalingGroups${input.has('NextToken') ? `.${input.get('NextToken')}` : ''}.xml`),
  ],
  DescribeLifecycleHooks: (input) =>
    input.get('AutoScalingGroupName') === 'builders'
      ? [200, file('DescribeLifecycleHooks.xml')]
      : [200, file('DescribeLifecycleHooks.xml').replace(/<member>.*<\/member>/s, '')],
  DescribeLaunchTemplateVersions: (input) =>
    input.get('LaunchTemplateId') === 'lt-0123456789abcdef0'
      ? [200, file('DescribeLaunchTemplateVersions.xml')]
      : [400, ec2Error('InvalidLaunchTemplateId.NotFound')],
  DescribeImages: () => [200, file('DescribeImages.xml')],
  GetInstanceProfile: (input) =>
    input.get('InstanceProfileName') === 'demo-nodes'
      ? [
          200,
          iam(
            'GetInstanceProfile',
            `<InstanceProfile><InstanceProfileName>demo-nodes</InstanceProfileName><Roles><member>${role}</member></Roles></InstanceProfile>`,
          ),
        ]
      : [404, queryError('NoSuchEntity')],
  GetRole: () => [404, queryError('NoSuchEntity')],
  SimulatePrincipalPolicy: () => [
    200,
    iam(
      'SimulatePrincipalPolicy',
      '<IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>ssm:UpdateInstanceInformation</EvalActionName><EvalDecision>allowed</EvalDecision></member><member><EvalActionName>ssmmessages:OpenDataChannel</EvalActionName><EvalDecision>implicitDeny</EvalDecision></member></EvaluationResults>',
    ),
  ],
  GetServiceSetting: () => [200, JSON.stringify({ ServiceSetting: { SettingId: 's', SettingValue: '$None' } })],
  'GET /2016-08-19/account-settings': () => [
    200,
    JSON.stringify({ AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 } }),
  ],
  'GET /clusters/demo/node-groups': (input) =>
    input.has('nextToken')
      ? [200, JSON.stringify({ nodegroups: ['sandboxed'] })]
      : [200, JSON.stringify({ nodegroups: [], nextToken: 'more' })],
  'GET /clusters/demo/node-groups/sandboxed': () => [200, file('DescribeNodegroup.json')],
  'GET /clusters/demo': () => [
    200,
    JSON.stringify({
      cluster: {
        name: 'demo',
        version: '1.34',
        resourcesVpcConfig: { endpointPublicAccess: false, endpointPrivateAccess: true },
      },
    }),
  ],
};

let answers: Readonly<Record<string, (input: URLSearchParams) => Answer>>;
let reader: FleetReader;

/** The operation and its input, as each of AWS's protocols names them. */
async function operationOf(request: IncomingMessage): Promise<readonly [name: string, input: URLSearchParams]> {
  const body = await text(request);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return [target.split('.')[1] ?? '', new URLSearchParams()];
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'GET') return [`GET ${pathname}`, searchParams];
  const input = new URLSearchParams(body);
  return [input.get('Action') ?? '', input];
}

const server = createServer(async (request, response) => {
  const [name, input] = await operationOf(request);
  const [status, body] = answers[name]?.(input) ?? [404, eksError];
  const isJson = body.startsWith('{');
  response.writeHead(status, {
    'content-type': isJson ? 'application/json' : 'text/xml',
    ...(status >= 400 && isJson ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {}),
  });
  response.end(body);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'none');
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  // The readers make their clients once, from the environment.
  vi.resetModules();
  ({ fleetReader: reader } = await import('../../lambdas/doctor/readers/fleet.ts'));
});
beforeEach(() => {
  answers = usual;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => server.close(resolve));
});

describe('what doctor reads of an account', () => {
  it('is every group of its clusters, page by page, with launch template, image and hooks', async () => {
    const documents = await reader.groups(['demo', 'other']);
    const pools = awsOutputPools(documents);

    expect(pools.map(({ resource }) => resource)).toEqual([
      'Auto Scaling group builders in AWS',
      'Auto Scaling group mixed in AWS',
      'managed node group sandboxed in AWS',
    ]);
    const [builders, mixed, sandboxed] = pools;
    expect(builders).toMatchObject({
      tag: { value: 'gvisor' },
      hopLimit: { value: 1 },
      images: { value: ['ubuntu-eks/k8s_1.34/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261101'] },
      hooks: { value: [{ name: 'airlock' }] },
    });
    expect(mixed).toMatchObject({ hooks: { value: [] } });
    expect(sandboxed).toMatchObject({
      label: { value: 'gvisor' },
      tag: { value: 'gvisor' },
      declaredTaints: { value: ['airlock.dev/bootstrap'] },
    });
  });

  it('is the role of a profile, and what the role is denied', async () => {
    expect(await reader.roleOfProfile('demo-nodes')).toBe('arn:aws:iam::123456789012:role/nodes');
    expect(await reader.deniedActions('arn', ['ssm:UpdateInstanceInformation', 'ssmmessages:OpenDataChannel'])).toEqual(
      ['ssmmessages:OpenDataChannel'],
    );
  });

  it('is nothing for a profile, a role, a cluster or a setting that does not exist', async () => {
    expect(await reader.roleOfProfile('other')).toBeUndefined();
    expect(await reader.roleArn('other')).toBeUndefined();
    expect(await reader.cluster('other')).toBeUndefined();
    expect(await reader.defaultHostRole()).toBeUndefined();
  });

  it('is the end point of a cluster, and the room for functions', async () => {
    expect(await reader.cluster('demo')).toEqual({
      version: '1.34',
      authenticationMode: 'CONFIG_MAP',
      publicAccess: false,
      publicAccessCidrs: [],
      privateAccess: true,
    });
    expect(await reader.unreservedConcurrency()).toBe(10);
  });

  it.each([
    ['DescribeAutoScalingGroups', queryError('AccessDenied')],
    ['DescribeLaunchTemplateVersions', ec2Error('UnauthorizedOperation')],
    ['DescribeImages', ec2Error('UnauthorizedOperation')],
    ['DescribeLifecycleHooks', queryError('AccessDenied')],
  ])('is an error, and not nothing, if AWS refuses %s', async (operation, body) => {
    answers = { ...usual, [operation]: () => [403, body] };
    await expect(reader.groups(['demo'])).rejects.toMatchObject({
      name: expect.stringMatching(/AccessDenied|Unauthorized/),
    });
  });
});
