import { type AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mirrorKey, sourceForm } from '../../../domain/mirror.ts';

const start = Date.parse('2026-11-28T12:00:00Z');
const access = { host: 'mirror.s3.eu-central-1.amazonaws.com', reader: 'arn:aws:iam::123456789012:role/Reader' };
const checksums = { x86_64: 'a'.repeat(64), aarch64: 'b'.repeat(64) };

const assumed: object[] = [];
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.useFakeTimers({ now: start, toFake: ['Date'] });
  vi.resetModules();
  assumed.length = 0;
  vi.spyOn(STSClient.prototype, 'send').mockImplementation((async ({ input }: AssumeRoleCommand) => {
    assumed.push(input);
    return {
      Credentials: {
        AccessKeyId: `ASIA${assumed.length}`,
        SecretAccessKey: 'secret',
        SessionToken: 'token/+=',
        Expiration: new Date(Date.now() + 3_600_000),
      },
    };
  }) as never);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

it('signs an address for each architecture, in the form that the document accepts', async () => {
  const { signSources } = await import('../../../lambdas/adapters/mirror-reader.ts');
  const sources = await signSources(access, checksums, 1_000);

  expect(Object.keys(sources)).toEqual(['SourceX8664', 'SourceAarch64']);
  for (const address of Object.values(sources)) expect(address).toMatch(new RegExp(sourceForm));
  const { pathname, searchParams } = new URL(sources['SourceX8664'] ?? '');
  expect(pathname).toBe(`/${mirrorKey(checksums.x86_64)}`);
  expect(searchParams.get('X-Amz-Expires')).toBe('1000');
  expect(searchParams.get('X-Amz-Security-Token')).toBe('token/+=');
  expect(assumed).toEqual([{ RoleArn: access.reader, RoleSessionName: 'airlock-dispatch', DurationSeconds: 3_600 }]);
});

it('uses a session again only as long as it outlives the address', async () => {
  const { signSources } = await import('../../../lambdas/adapters/mirror-reader.ts');
  const keyAt = async (seconds: number, lifeSeconds: number) => {
    vi.setSystemTime(start + seconds * 1_000);
    const { SourceX8664 = '' } = await signSources(access, checksums, lifeSeconds);
    return new URL(SourceX8664).searchParams.get('X-Amz-Credential')?.split('/')[0];
  };

  expect(await keyAt(0, 1_020)).toBe('ASIA1');
  expect(await keyAt(2_580, 1_020)).toBe('ASIA1');
  expect(await keyAt(2_581, 1_020)).toBe('ASIA2');
  expect(await keyAt(2_582, 60)).toBe('ASIA2');
});
