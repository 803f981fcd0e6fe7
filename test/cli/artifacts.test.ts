import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { planRemoval } from '../../cli/acts/remove-stack.ts';
import { exitCodeOf } from '../../cli/artifacts/artifacts.ts';
import { stateOf, verifyFile } from '../../cli/artifacts/examine.ts';
import type { ArtifactSource } from '../../cli/artifacts/store.ts';
import type { DeployedResource } from '../../cli/verify-aws/stack.ts';
import type { MirroredFile, StoredFile } from '../../domain/mirrored-files.ts';

const content = Buffer.from('an archive');
const sha256 = createHash('sha256').update(content).digest('hex');
const file: MirroredFile = {
  runtime: 'gvisor',
  version: '20260928.0',
  architecture: 'x86_64',
  url: 'https://example.com/gvisor.tar.zstd',
  sha256,
  size: content.length,
};
const stored: StoredFile = { sha256, size: content.length, storedAt: '2026-11-28T12:00:00.000Z' };
const refused = () => Promise.reject(new Error('Access Denied'));

/** A bucket that has the file, as far as a test does not change it. */
const source = (change: Partial<ArtifactSource> = {}): ArtifactSource => ({
  state: async () => stored,
  read: async () => Readable.from([content]),
  ...change,
});

describe('airlock artifacts', () => {
  it.each([
    ['a file as it is pinned', source(), 'mirrored', ''],
    ['a file that is not there', source({ state: async () => undefined }), 'wrong', 'it is not in the mirror'],
    [
      'a file with another checksum',
      source({ state: async () => ({ ...stored, sha256: 'f'.repeat(64) }) }),
      'wrong',
      'it has sha256 fff',
    ],
    [
      'a file without a checksum',
      source({ state: async () => ({ ...stored, sha256: undefined }) }),
      'wrong',
      'S3 states no SHA-256',
    ],
    [
      'a file of another length',
      source({ state: async () => ({ ...stored, size: 9 }) }),
      'wrong',
      'it has 9 bytes; the catalogue pins 10',
    ],
    ['a bucket that it may not read', source({ state: refused }), 'unknown', 'Access Denied'],
  ])('shows %s', async (_, from, state, reason) => {
    const seen = await stateOf(file, from);
    expect(seen.state).toBe(state);
    expect(seen.reason).toContain(reason);
  });

  it('shows what upstream has as pinned, and asks nothing', async () => {
    expect(await stateOf(file, { read: refused })).toMatchObject({ state: 'pinned', mirroredAt: '' });
  });
});

describe('airlock artifacts verify', () => {
  it.each([
    ['a file as it is pinned', source(), 'verified', ''],
    [
      'a file that only claims its checksum',
      source({ read: async () => Readable.from(['other']) }),
      'wrong',
      `the catalogue pins ${sha256}`,
    ],
    [
      'a file without a checksum and with the right content',
      source({ state: async () => ({ ...stored, sha256: undefined }) }),
      'verified',
      '',
    ],
    ['a file that is not there', source({ read: async () => undefined }), 'wrong', 'it is not there'],
    ['a file that it may not read', source({ read: refused }), 'unknown', 'Access Denied'],
  ])('reads %s', async (_, from, state, reason) => {
    const seen = await verifyFile(file, from);
    expect(seen.state).toBe(state);
    expect(seen.reason).toContain(reason);
  });
});

it('a removal names the bucket that stays', () => {
  const group = { type: 'AWS::Logs::LogGroup', logicalId: 'AuditTrail', physicalId: 'trail', changedAt: '' };
  const bucket = { type: 'AWS::S3::Bucket', logicalId: 'MirrorBucket', physicalId: 'airlock-mirror', changedAt: '' };
  const left = (resources: readonly DeployedResource[]) => planRemoval({ resources }, 'apply').left.join('\n');

  expect(left([group, bucket])).toContain('aws s3 rb s3://airlock-mirror');
  expect(left([group])).not.toContain('s3');
});

it.each([
  [['verified', 'mirrored', 'pinned'], 0],
  [['verified', 'wrong'], 1],
  [['wrong', 'unknown'], 3],
] as const)('%j ends with %d', (states, code) => {
  expect(exitCodeOf(states.map((state) => ({ state })))).toBe(code);
});
