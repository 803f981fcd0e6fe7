// Behaviour from https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_GetObject.html,
// API_HeadObject.html, ErrorResponses.html and sigv4-query-string-auth.html in the same place
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { here } from '../../gateway/service.ts';
import { readPolicy } from '../../iam/policy.ts';
import { answerSigned, type Served, serve } from '../../server.ts';
import { S3 } from '../../services/s3/s3.ts';
import { Sha256 } from '../../sha256.ts';
import { make, PermissiveAws } from './permissive.ts';

const name = 'files-in-a-bucket';
const host = `${name}.s3.eu-central-1.amazonaws.com`;
const body = Buffer.from('the content of a file');
const base64 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64');

let clock: VirtualClock;
let cloud: LocalCloud;
let s3: S3;
let served: Served;
let client: S3Client;

beforeEach(async () => {
  clock = new VirtualClock(Date.parse('2026-11-28T12:00:00Z'));
  cloud = await LocalCloud.open({
    clock,
    parts: [
      ({ env, iam }) => {
        s3 = new S3({ env, iam });
        return { services: [s3.service], resourceTypes: s3.resourceTypes };
      },
    ],
  });
  s3.createBucket(name);
  served = await serve(cloud);
  client = new S3Client(settings(served.credentials));
});
afterEach(() => served.close());

function settings(credentials: Served['credentials']) {
  return { region: here.region, endpoint: served.url, credentials, maxAttempts: 1 };
}

/** A role that may do some things, and a client with its credentials. */
function roleWith(roleName: string, statements: readonly object[], trust: readonly object[] = []) {
  const arn = `arn:aws:iam::${here.account}:role/${roleName}`;
  cloud.iam.roles.set(roleName, {
    arn,
    name: roleName,
    id: `AROA${roleName.toUpperCase()}`,
    trust: readPolicy({ Version: '2012-10-17', Statement: trust }),
    policies: new Map([['own', readPolicy({ Version: '2012-10-17', Statement: statements })]]),
    tags: {},
  });
  return { arn, credentials: cloud.iam.issue({ kind: 'role', roleArn: arn, sessionName: 'test' }) };
}

const put = (more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket: name, Key: 'a/b', Body: body, ContentLength: body.length, ...more }));

const textOf = async (more: object = {}) => {
  const { Body, ...rest } = await client.send(new GetObjectCommand({ Bucket: name, Key: 'a/b', ...more }));
  return { text: await Body?.transformToString(), ...rest };
};

describe('an object', () => {
  it('is put as a stream with its checksum, and states it to who asks', async () => {
    const checksum = base64(body);
    await put({ Body: Readable.from([body]), ChecksumSHA256: checksum, Metadata: { source: 'here' } });
    const head = await client.send(new HeadObjectCommand({ Bucket: name, Key: 'a/b', ChecksumMode: 'ENABLED' }));

    expect(head).toMatchObject({ ContentLength: body.length, ChecksumSHA256: checksum, Metadata: { source: 'here' } });
    expect(head.ServerSideEncryption).toBe('AES256');
    expect(await textOf()).toMatchObject({ text: body.toString(), ContentLength: body.length });
  });

  it.each([
    ['another checksum', { ChecksumSHA256: base64(Buffer.from('other')) }, 'BadDigest', 400],
    ['a checksum that is none', { ChecksumSHA256: 'AAAA' }, 'InvalidRequest', 400],
    ['a member that is not modelled', { Tagging: 'a=b', ChecksumSHA256: base64(body) }, 'NotImplemented', 501],
  ])('is not kept with %s', async (_, more, code, status) => {
    await expect(put(more)).rejects.toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
    expect(s3.bucket(name).isEmpty).toBe(true);
  });

  it.each([
    ['bytes=4-10', 'content', `bytes 4-10/${body.length}`],
    ['bytes=15-', 'a file', `bytes 15-20/${body.length}`],
    ['bytes=-4', 'file', `bytes 17-20/${body.length}`],
    ['bytes=0-999', body.toString(), `bytes 0-20/${body.length}`],
  ])('gives the part %s', async (Range, text, ContentRange) => {
    await put({ ChecksumSHA256: base64(body) });
    const got = await textOf({ Range });
    expect(got.text).toEqual(text);
    expect(got.ContentRange).toEqual(ContentRange);
    expect(got.$metadata.httpStatusCode).toBe(206);
  });

  it.each(['bytes=5-2', 'bytes=0-1,3-4', 'bytes=-', 'lines=0-1'])(
    'is whole for a range that is none: %s',
    async (Range) => {
      await put({ ChecksumSHA256: base64(body) });
      const got = await textOf({ Range });
      expect(got.text).toEqual(body.toString());
      expect(got.ContentRange).toBeUndefined();
      expect(got.$metadata.httpStatusCode).toBe(200);
    },
  );

  it('has no part behind its end', async () => {
    await put({ ChecksumSHA256: base64(body) });
    await expect(textOf({ Range: 'bytes=21-' })).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  it('that is not there is missing only for who may list the bucket', async () => {
    const head = new HeadObjectCommand({ Bucket: name, Key: 'c' });
    await expect(client.send(head)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(textOf({ Key: 'c' })).rejects.toMatchObject({ name: 'NoSuchKey' });

    const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${name}/*` };
    const reader = new S3Client(settings(roleWith('reader', [read]).credentials));
    await expect(reader.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    const get = new GetObjectCommand({ Bucket: name, Key: 'c' });
    await expect(reader.send(get)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('a pre-signed URL', () => {
  const reads = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${name}/a/*` }];
  let credentials: Served['credentials'];
  let now: number;

  beforeEach(async () => {
    await put({ ChecksumSHA256: base64(body) });
    const trust = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${here.account}:role/Operator` },
      Action: 'sts:AssumeRole',
    };
    const { arn } = roleWith('signer', reads, [trust]);
    const sts = new STSClient(settings(served.credentials));
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'test', DurationSeconds: 900 }),
    );
    credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    now = clock.now();
  });

  async function signed(expiresIn: number, path = '/a/b', key = credentials): Promise<Record<string, string>> {
    const signer = new SignatureV4({
      service: 's3',
      region: here.region,
      sha256: Sha256,
      credentials: key,
      uriEscapePath: false,
    });
    const request = { method: 'GET', protocol: 'https:', hostname: host, path, headers: { host }, query: {} };
    const { query = {} } = await signer.presign(request, { expiresIn, signingDate: new Date(now) });
    return query as Record<string, string>;
  }

  async function read(query: Record<string, string>, { path = '/a/b', at = now, headers = {} } = {}) {
    const request = { method: 'GET', host, path, query, headers, body: new Uint8Array() };
    const { status, body: said } = await answerSigned(cloud, request, at);
    const text = Buffer.from(said).toString();
    return status < 300
      ? text
      : `${status} ${/<Code>(.*)<\/Code><Message>(.*)<\/Message>/.exec(text)?.slice(1).join(': ')}`;
  }

  it('reads the one object until it expires, and parts of it too', async () => {
    const query = await signed(600);

    expect(await read(query)).toBe(body.toString());
    expect(await read(query, { headers: { range: 'bytes=-4' } })).toBe('file');
    expect(await read(query, { at: now + 600_000 })).toBe(body.toString());
    expect(await read(query, { at: now + 601_000 })).toBe('403 AccessDenied: Request has expired');
    expect(await read(query, { path: '/a/c' })).toMatch(/^403 SignatureDoesNotMatch/);
    expect(await read(query, { at: now - 16 * 60_000 })).toBe('403 AccessDenied: Request is not yet valid');
  });

  it('ends with the session that signed it, whatever it says', async () => {
    const query = await signed(3_600);
    await clock.run(() => false, now + 901_000);
    expect(await read(query)).toBe('400 ExpiredToken: The provided token has expired.');
  });

  it('allows what its signer may do, and no more', async () => {
    expect(await read(await signed(600, '/z'), { path: '/z' })).toMatch(
      /^403 AccessDenied: .*not authorized to perform: s3:GetObject/,
    );
  });

  it.each<[string, (query: Record<string, string>) => Record<string, string | undefined>, RegExp]>([
    ['a longer life', (query) => ({ ...query, 'X-Amz-Expires': '601' }), /^403 SignatureDoesNotMatch/],
    [
      'over seven days',
      (query) => ({ ...query, 'X-Amz-Expires': '604801' }),
      /^400 AuthorizationQueryParametersError: .*604800/,
    ],
    [
      'another region',
      (query) => ({
        ...query,
        'X-Amz-Credential': (query['X-Amz-Credential'] ?? '').replace('eu-central-1', 'us-east-1'),
      }),
      /^400 AuthorizationQueryParametersError: .*us-east-1.* is wrong; expecting .*eu-central-1/,
    ],
    [
      'another key',
      (query) => ({ ...query, 'X-Amz-Credential': (query['X-Amz-Credential'] ?? '').replace('ASIA', 'ASIB') }),
      /^403 InvalidAccessKeyId/,
    ],
    ['another token', (query) => ({ ...query, 'X-Amz-Security-Token': 'x' }), /^400 InvalidToken/],
    ['a further parameter', (query) => ({ ...query, versionId: '1' }), /^403 SignatureDoesNotMatch/],
    [
      'no date',
      ({ 'X-Amz-Date': _, ...query }) => query,
      /^400 AuthorizationQueryParametersError: Query-string authentication version 4 requires/,
    ],
  ])('with %s is refused', async (_, change, words) => {
    expect(await read(change(await signed(600)) as Record<string, string>)).toMatch(words);
  });
});

describe('a session of a role', () => {
  const assume = (RoleArn: string, key: Served['credentials'], more: object = {}) =>
    new STSClient(settings(key)).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test', ...more }));
  const trusting = (principal: string) => [
    { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' },
  ];
  const may = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' };

  it('is given if the trust policy names the caller, or leaves it to the account and the caller may', async () => {
    const bare = roleWith('bare', []);
    const able = roleWith('able', [may]);
    const named = roleWith('named', [], trusting(bare.arn));
    const left = roleWith('left', [], trusting(`arn:aws:iam::${here.account}:root`));

    await expect(assume(named.arn, bare.credentials)).resolves.toMatchObject({
      AssumedRoleUser: { Arn: expect.stringContaining(':assumed-role/named/test') },
    });
    await expect(assume(left.arn, able.credentials)).resolves.toBeDefined();
    await expect(assume(left.arn, bare.credentials)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume(named.arn, able.credentials)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume(`${named.arn}-x`, able.credentials)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('lasts for a quarter of an hour to an hour', async () => {
    const able = roleWith('able', [may]);
    const { arn } = roleWith('named', [], trusting(able.arn));
    const life = async (DurationSeconds: number) =>
      ((await assume(arn, able.credentials, { DurationSeconds })).Credentials?.Expiration?.getTime() ?? 0) -
      clock.now();

    expect(await life(900)).toBe(900_000);
    await expect(life(899)).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(life(3_601)).rejects.toThrow(/1 hour session limit for roles assumed by role chaining/);
  });
});

describe('a bucket of a template', () => {
  const allow = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' };
  const policy = (...Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });
  const permissive = () => new PermissiveAws(clock);
  const types = () => s3.resourceTypes;

  it('keeps every version if it is versioned, and reads the newest', async () => {
    const { ref } = await make(permissive(), types(), 'AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
    });
    const ids = [];
    for (const text of ['one', 'two']) {
      const { VersionId } = await client.send(
        new PutObjectCommand({ Bucket: ref, Key: 'k', Body: text, ChecksumSHA256: base64(Buffer.from(text)) }),
      );
      ids.push(VersionId);
    }
    expect(new Set(ids).size).toBe(2);
    expect(await textOf({ Bucket: ref, Key: 'k' })).toMatchObject({ text: 'two', VersionId: ids[1] });
  });

  it('refuses a policy that lets anyone in, if it blocks public policies', async () => {
    const closed = { PublicAccessBlockConfiguration: { BlockPublicPolicy: true } };
    const { ref } = await make(permissive(), types(), 'AWS::S3::Bucket', closed);
    const apply = (...statements: readonly object[]) =>
      make(permissive(), types(), 'AWS::S3::BucketPolicy', { Bucket: ref, PolicyDocument: policy(...statements) });

    await expect(apply(allow)).rejects.toThrow(/BlockPublicPolicy/);
    await expect(apply({ ...allow, Effect: 'Deny' })).resolves.toBeDefined();
    await expect(textOf({ Bucket: ref, Key: 'k' })).rejects.toThrow(/explicit deny in a resource-based policy/);
  });

  it('is deleted only when it is empty', async () => {
    await put({ ChecksumSHA256: base64(body) });
    const type = types().find((one) => one.type === 'AWS::S3::Bucket');
    const stack = { name: 'test' } as never;
    expect(() => type?.remove?.({ ref: name, attributes: {} }, 'Thing', stack, {})).toThrow(/not empty/);
  });
});
