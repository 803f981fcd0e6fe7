import { describe, expect, it } from 'vitest';
import { type Candidate, judge } from '../../../lambdas/admit/decide.ts';

const now = Date.parse('2026-11-21T09:00:30Z');
const launch = { instanceId: 'i-0123456789abcdef0', at: '2026-11-21T09:00:10Z' };
const config = {
  clusters: ['demo'],
  releases: { gvisor: { default: '20260928.0', all: ['20260928.0'] } },
  deadlineMinutes: 20,
};
const candidate: Candidate = {
  instanceId: launch.instanceId,
  state: 'running',
  launchedAt: '2026-11-21T09:00:00.000Z',
  availabilityZone: 'eu-central-1a',
  privateDnsName: 'ip-10-0-0-1.eu-central-1.compute.internal',
  tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'demo', 'karpenter.sh/nodepool': 'ci' },
};

describe('a launched instance', () => {
  it('is admitted with all that its way needs where tag and cluster are ours', () => {
    expect(judge(launch, candidate, config, now)).toEqual({
      verdict: 'admit',
      admission: {
        node: {
          instanceId: launch.instanceId,
          launchedAt: '2026-11-21T09:00:00.000Z',
          cluster: 'demo',
          pool: 'ci',
          nodeName: 'ip-10-0-0-1.eu-central-1.compute.internal',
          providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
          deadline: '2026-11-21T09:20:00.000Z',
        },
        request: { runtime: 'gvisor', release: '20260928.0' },
      },
    });
  });

  it('is admitted with its refusal where the tag asks for what is not to be had', () => {
    const tags = { ...candidate.tags, 'airlock:runtime': 'gvisr' };
    const verdict = judge(launch, { ...candidate, tags }, config, now);
    expect(verdict).toMatchObject({ verdict: 'admit', admission: { refused: { outcome: 'unknown-runtime' } } });
    expect(verdict).not.toHaveProperty('admission.request');
  });

  it.each([
    ['no-tag', { tags: { 'eks:cluster-name': 'demo' } }],
    ['foreign-cluster', { tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'other' } }],
    ['foreign-cluster', { tags: { 'airlock:runtime': 'gvisor' } }],
    ['not-running', { state: 'shutting-down' }],
  ])('is not ours, because %s', (because, change) => {
    expect(judge(launch, { ...candidate, ...change }, config, now)).toEqual({ verdict: 'not-ours', because });
  });

  it('is waited for while EC2 may not show it yet, and forgotten after', () => {
    expect(judge(launch, undefined, config, now)).toEqual({ verdict: 'not-yet', because: 'not-visible' });
    expect(judge(launch, undefined, config, now + 120_000)).toEqual({
      verdict: 'not-ours',
      because: 'unknown-instance',
    });
  });
});
