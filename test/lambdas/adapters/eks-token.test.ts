import { expect, it } from 'vitest';
import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import fixture from './fixtures/eks-token.json' with { type: 'json' };

it.each(fixture.vectors)(
  'the token for $region is byte for byte the one that aws eks get-token creates',
  async (vector) => {
    const { cluster, region, credentials, now } = vector;

    const token = await eksToken({ cluster, region, credentials, now: Date.parse(now) });

    expect(token).toBe(vector.token);
  },
);

it('a token for another cluster, another time or another secret has another signature', async () => {
  const [vector] = fixture.vectors;
  if (vector === undefined) throw new Error('the fixture has no vector');
  const base = { ...vector, now: Date.parse(vector.now) };

  const tokens = await Promise.all([
    eksToken(base),
    eksToken({ ...base, cluster: 'prod-2' }),
    eksToken({ ...base, now: base.now + 1_000 }),
    eksToken({ ...base, credentials: { ...base.credentials, secretAccessKey: 'another' } }),
  ]);

  expect(new Set(tokens.map(signatureOf)).size).toBe(4);
});

function signatureOf(token: string): string | null {
  const url = Buffer.from(token.replace('k8s-aws-v1.', ''), 'base64url').toString();
  return new URL(url).searchParams.get('X-Amz-Signature');
}
