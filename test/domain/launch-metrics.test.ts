import { describe, expect, it } from 'vitest';
import { dimensionValue, endPoints } from '../../domain/launch-metrics.ts';
import type { Receipt } from '../../domain/receipt.ts';

const launchedAt = '2026-11-28T10:00:00.000Z';
const at = (seconds: number) => new Date(Date.parse(launchedAt) + seconds * 1_000).toISOString();

const receipt = {
  version: 2,
  instanceId: 'i-0123456789abcdef0',
  launchedAt,
  cluster: 'demo',
  pool: 'sandboxed',
  nodeName: 'ip-10-0-0-1.ec2.internal',
  outcome: 'released',
  detail: '',
  endedAt: at(100),
  totalMs: 100_000,
  installation: { runtime: 'gvisor', version: '20260928.0', onlineAt: at(40), sentAt: at(45), settledAt: at(80) },
  readyAt: at(60),
} as unknown as Receipt;

describe('a release', () => {
  it('is counted with how long it took, whole and by phase', () => {
    const where = { cluster: 'demo', pool: 'sandboxed', runtime: 'gvisor', version: '20260928.0' };
    const phase = (name: string, value: number) => ({
      name: 'PhaseTime',
      dimensions: { ...where, phase: name },
      value,
    });

    expect(endPoints({ ...receipt, released: { receipt, first: true } })).toEqual([
      { name: 'LaunchEnded', dimensions: { cluster: 'demo', pool: 'sandboxed', outcome: 'released' }, value: 1 },
      { name: 'ReleaseRate', dimensions: { cluster: 'demo' }, value: 100 },
      { name: 'LaunchToRelease', dimensions: where, value: 100_000 },
      phase('agent online', 40_000),
      phase('command sent', 5_000),
      phase('Node Ready', 15_000),
      phase('proven on the node', 20_000),
      phase('released', 20_000),
    ]);
  });

  it('of a later run has no time: it was launched long before', () => {
    const names = endPoints({ ...receipt, released: { receipt, first: false } }).map(({ name }) => name);
    expect(names).toEqual(['LaunchEnded', 'ReleaseRate']);
  });

  it('leaves out a Ready time that its kubelet puts after the end', () => {
    const claimed = { ...receipt, readyAt: at(9_999_999) };
    const points = endPoints({ ...claimed, released: { receipt: claimed, first: true } });
    expect(points.every(({ value }) => value <= 100_000)).toBe(true);
  });
});

describe('an end that is no release', () => {
  const { instanceId, cluster, pool } = receipt;

  it('counts against the rate', () => {
    expect(endPoints({ instanceId, cluster, pool, outcome: 'proof-failed' })).toEqual([
      { name: 'LaunchEnded', dimensions: { cluster, pool, outcome: 'proof-failed' }, value: 1 },
      { name: 'ReleaseRate', dimensions: { cluster }, value: 0 },
    ]);
  });

  it('does not count if the instance went away', () => {
    const names = endPoints({ instanceId, cluster, pool, outcome: 'instance-gone' }).map(({ name }) => name);
    expect(names).toEqual(['LaunchEnded']);
  });

  it('is also counted by itself if the document was changed', () => {
    const names = endPoints({ instanceId, cluster, pool, outcome: 'document-changed' }).map(({ name }) => name);
    expect(names).toEqual(['LaunchEnded', 'ReleaseRate', 'DocumentChanged']);
  });
});

describe('a dimension', () => {
  it('is the same for all launches without a pool', () => {
    const [point] = endPoints({ ...receipt, pool: receipt.instanceId });
    expect(point?.dimensions).toMatchObject({ pool: 'none' });
  });

  it.each([
    ['a pool', 'a pool'],
    [':colon', '?colon'],
    ['', '?'],
    ['  ', '?'],
    ['größe', 'gr??e'],
    ['x'.repeat(300), `${'x'.repeat(252)}...`],
  ])('is text that CloudWatch takes: %j', (text, value) => {
    expect(dimensionValue(text)).toBe(value);
  });
});
