import { describe, expect, it } from 'vitest';
import type { Admissible } from '../../../domain/function-settings.ts';
import type { Pools } from '../../../domain/pools.ts';
import { type Candidate, classifyLaunch, isNode, isStale } from '../../../lambdas/admission/decide.ts';

const now = Date.parse('2026-11-21T09:00:30Z');
const launch = { instanceId: 'i-0123456789abcdef0', at: '2026-11-21T09:00:10Z' };
const config = {
  clusters: ['demo'],
  versions: { gvisor: { default: '20260928.0', all: ['20260928.0'] } },
  deadlineMinutes: 20,
  onFailure: 'quarantine',
  pools: [],
} as const satisfies Admissible;
const candidate: Candidate = {
  instanceId: launch.instanceId,
  state: 'running',
  launchedAt: '2026-11-21T09:00:00.000Z',
  availabilityZone: 'eu-central-1a',
  privateDnsName: 'ip-10-0-0-1.eu-central-1.compute.internal',
  tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'demo', 'karpenter.sh/nodepool': 'ci' },
};

describe('a launched instance', () => {
  it('is admitted with all that its run needs if tag and cluster are ours', () => {
    expect(classifyLaunch(launch, candidate, config, now)).toEqual({
      step: 'admit',
      admission: {
        launch: {
          instanceId: launch.instanceId,
          launchedAt: '2026-11-21T09:00:00.000Z',
          cluster: 'demo',
          pool: 'ci',
          nodeName: 'ip-10-0-0-1.eu-central-1.compute.internal',
          providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
          deadline: '2026-11-21T09:20:00.000Z',
        },
        request: { runtime: 'gvisor', version: '20260928.0' },
      },
    });
  });

  it("is admitted with its refusal if the tag's request cannot be met", () => {
    const tags = { ...candidate.tags, 'airlock:runtime': 'gvisr' };
    const decision = classifyLaunch(launch, { ...candidate, tags }, config, now);
    expect(decision).toMatchObject({ step: 'admit', admission: { refused: { outcome: 'unknown-runtime' } } });
    expect(decision).not.toHaveProperty('admission.request');
  });

  it('is admitted with its refusal if its version is withdrawn, whether by its tag or by default', () => {
    const withdrawn = { '20260928.0': 'CVE-2026-1, high, fixed in 20261005.0' };
    const versions = { gvisor: { ...config.versions.gvisor, withdrawn } };
    for (const tag of ['gvisor', 'gvisor@20260928.0']) {
      const tags = { ...candidate.tags, 'airlock:runtime': tag };
      const decision = classifyLaunch(launch, { ...candidate, tags }, { ...config, versions }, now);
      expect(decision).toMatchObject({ step: 'admit', admission: { refused: { outcome: 'version-withdrawn' } } });
      expect(decision).not.toHaveProperty('admission.request');
    }
  });

  it('has the deadline of its pool, or its own if a tag sets one', () => {
    const pools = [{ name: 'ci', deadlineMinutes: 30 }];
    const deadline = (tags: object) => {
      const decision = classifyLaunch(
        launch,
        { ...candidate, tags: { ...candidate.tags, ...tags } },
        { ...config, pools },
        now,
      );
      return decision.step === 'admit' && decision.admission.launch.deadline;
    };
    expect(deadline({})).toBe('2026-11-21T09:30:00.000Z');
    expect(deadline({ 'airlock:deadline-minutes': '10' })).toBe('2026-11-21T09:10:00.000Z');
    expect(deadline({ 'airlock:deadline-minutes': '45' })).toBe('2026-11-21T09:30:00.000Z');
  });

  it('carries its group if the group is its pool, and its hook if airlock.yaml names one', () => {
    const pools = [{ name: 'ci', launchHook: 'airlock' }];
    const node = (tags: Record<string, string>) => {
      const all = { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'demo', ...tags };
      const decision = classifyLaunch(launch, { ...candidate, tags: all }, { ...config, pools }, now);
      return decision.step === 'admit' ? decision.admission.launch : undefined;
    };
    const hook = { name: 'airlock', group: 'ci' };
    expect(node({ 'aws:autoscaling:groupName': 'ci' })).toMatchObject({ pool: 'ci', group: 'ci', hook });
    const managed = node({ 'aws:autoscaling:groupName': 'eks-ci-1', 'eks:nodegroup-name': 'ci' });
    expect(managed).toMatchObject({ pool: 'ci', hook: { name: 'airlock', group: 'eks-ci-1' } });
    expect(managed).not.toHaveProperty('group');
    expect(node({ 'aws:autoscaling:groupName': 'other' })).not.toHaveProperty('hook');
    expect(node({ 'karpenter.sh/nodepool': 'ci' })).not.toHaveProperty('hook');
  });

  it('is its own pool if no tag names one', () => {
    const { 'karpenter.sh/nodepool': _, ...bare } = candidate.tags as Record<string, string>;
    for (const tags of [bare, { ...bare, 'karpenter.sh/nodepool': '' }])
      expect(classifyLaunch(launch, { ...candidate, tags }, config, now)).toMatchObject({
        admission: { launch: { pool: launch.instanceId } },
      });
  });

  it('is too old to be admitted once its deadline has passed, or half an hour after its launch', () => {
    const launchedAt = '2026-11-21T09:00:00.000Z';
    const at = (minutes: number) => Date.parse(launchedAt) + minutes * 60_000;
    const short = { launchedAt, deadline: '2026-11-21T09:20:00.000Z' };
    const long = { launchedAt, deadline: '2026-11-21T11:00:00.000Z' };
    expect(isStale(short, at(19))).toBe(false);
    expect(isStale(short, at(20))).toBe(true);
    expect(isStale(long, at(29))).toBe(false);
    expect(isStale(long, at(30))).toBe(true);
  });

  it.each<[string | undefined, Pools['instanceProfiles'], boolean]>([
    ['demo-nodes', { demo: ['demo-nodes'] }, true],
    ['karpenter/eu-central-1/demo_1234', { demo: ['demo_*'] }, true],
    ['demo-nodes', { demo: ['arn:aws:iam::123456789012:instance-profile/demo-nodes'] }, true],
    ['path/demo-nodes', { demo: ['arn:aws:iam::123456789012:instance-profile/demo-nodes'] }, false],
    ['demo-nodes-2', { demo: ['demo-nodes'] }, false],
    ['demo_1/evil', { demo: ['demo_*'] }, false],
    ['database', { demo: ['demo-nodes'] }, false],
    ['demo-nodes', { other: ['demo-nodes'], demo: ['x'] }, false],
    [undefined, { demo: ['demo-nodes'] }, false],
    ['database', undefined, true],
  ])('with the profile %s is a node if %j are configured: %s', (profile, instanceProfiles, expected) => {
    const instanceProfile = profile && `arn:aws:iam::123456789012:instance-profile/${profile}`;
    const node = { cluster: 'demo', pool: 'ci' };
    expect(isNode({ ...candidate, instanceProfile }, node, { ...config, instanceProfiles })).toBe(expected);
    // A pool's profiles replace those of its cluster.
    const pools = [{ name: 'ci', instanceProfiles: ['ci-nodes'] }];
    expect(isNode({ ...candidate, instanceProfile }, node, { ...config, pools, instanceProfiles })).toBe(false);
  });

  it.each([
    ['no-tag', { tags: { 'eks:cluster-name': 'demo' } }],
    ['foreign-cluster', { tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'other' } }],
    ['foreign-cluster', { tags: { 'airlock:runtime': 'gvisor' } }],
    ['not-running', { state: 'shutting-down' }],
  ])('is not ours, because %s', (because, change) => {
    expect(classifyLaunch(launch, { ...candidate, ...change }, config, now)).toEqual({ step: 'not-ours', because });
  });

  it('is waited for while EC2 may not show it yet, and discarded after', () => {
    expect(classifyLaunch(launch, undefined, config, now)).toEqual({ step: 'not-yet', because: 'not-visible' });
    expect(classifyLaunch(launch, undefined, config, now + 120_000)).toEqual({
      step: 'not-ours',
      because: 'unknown-instance',
    });
  });
});
