import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../domain/ledger.ts';
import { missingOutcomeTags } from '../../domain/outcome-tags.ts';

const run = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-28T10:00:00.000Z',
  cluster: 'demo',
  pool: 'sandboxed',
  request: { runtime: 'gvisor', version: '20260928.0' },
  outcome: 'proof-failed',
  endedAt: '2026-11-28T10:01:59.999Z',
} satisfies RunRecord;
const tags = {
  'airlock:outcome': 'proof-failed',
  'airlock:version': 'gvisor@20260928.0',
  'airlock:at': '2026-11-28T10:01Z',
};
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`team:${at}`, '']));

describe('the tags of an ended launch', () => {
  it('state its outcome, its version and the minute of its end', () => {
    expect(missingOutcomeTags(run, {})).toEqual(tags);
    const { request: _, ...refused } = run;
    expect(missingOutcomeTags(refused, {})).toMatchObject({ 'airlock:version': 'none' });
  });

  it('are missing until its run has an end', () => {
    const { outcome: _, ...open } = run;
    expect(missingOutcomeTags(open, {})).toBeUndefined();
    expect(missingOutcomeTags(undefined, tags)).toBeUndefined();
  });

  it('are not written again while they are right, and are corrected once one is not', () => {
    expect(missingOutcomeTags(run, tags)).toBeUndefined();
    expect(missingOutcomeTags(run, { ...tags, 'airlock:outcome': 'released' })).toEqual(tags);
  });

  it('need room: an instance has at most 50, and those of AWS do not count', () => {
    expect(missingOutcomeTags(run, many(47))).toEqual(tags);
    expect(missingOutcomeTags(run, many(48))).toBeUndefined();
    expect(missingOutcomeTags(run, { ...many(47), 'aws:ec2:fleet-id': 'f' })).toEqual(tags);
    expect(missingOutcomeTags(run, { ...many(47), ...tags, 'airlock:at': '' })).toEqual(tags);
  });
});
