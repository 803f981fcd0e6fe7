import { describe, expect, it } from 'vitest';
import { airlock } from './airlock.ts';

/** A machine of somebody who has never used AWS: no key, no profile, no instance to ask. */
const bare = { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };

describe('airlock verify-aws', () => {
  it('refuses without credentials, and says what it needs', async () => {
    const { code, out, err } = await airlock(['verify-aws'], bare);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^verify:aws needs a real AWS account, and found no credentials; accepted: AWS_PROFILE, or /);
  });

  it('refuses with credentials and no region', async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) };
    const { code, out, err } = await airlock(['verify-aws'], { ...bare, ...keys });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/no region; accepted: AWS_REGION/);
  });
});
