import { describe, expect, it } from 'vitest';
import { clusterOf, deadlineMinutesOf, groupOf, poolOf, requestOf, type Versions } from '../../domain/tags.ts';

const versions: Versions = { gvisor: { default: '20260928.0', all: ['20260921.0', '20260928.0'] } };

describe('the cluster of an instance', () => {
  it.each([
    ['a managed node group', { 'eks:cluster-name': 'demo', 'kubernetes.io/cluster/demo': 'owned' }],
    ['Karpenter', { 'eks:eks-cluster-name': 'demo', 'karpenter.sh/nodepool': 'ci' }],
    ['a self-managed group', { 'kubernetes.io/cluster/demo': 'owned' }],
  ])('is read from the tags of %s', (_, tags) => {
    expect(clusterOf(tags)).toBe('demo');
  });

  it('is undefined if tags name two clusters, until airlock:cluster decides', () => {
    const tags = { 'kubernetes.io/cluster/one': 'owned', 'kubernetes.io/cluster/two': 'shared' };
    expect(clusterOf(tags)).toBeUndefined();
    expect(clusterOf({ ...tags, 'airlock:cluster': 'two' })).toBe('two');
  });

  it('is undefined if no tag names one', () => {
    expect(clusterOf({ Name: 'bastion' })).toBeUndefined();
  });
});

describe('the pool of an instance', () => {
  it('comes from the most specific of its tags', () => {
    const tags = { 'aws:autoscaling:groupName': 'eks-ci-1', 'eks:nodegroup-name': 'ci' };
    expect(poolOf(tags)).toBe('ci');
    expect(poolOf({})).toBeUndefined();
    expect(poolOf({ 'karpenter.sh/nodepool': '' })).toBeUndefined();
  });
});

describe('the request of a tag', () => {
  it('is for the default version if it names none', () => {
    expect(requestOf('gvisor', versions)).toEqual({ runtime: 'gvisor', version: '20260928.0' });
  });

  it('is for any version of the catalogue that it names', () => {
    expect(requestOf('gvisor@20260921.0', versions)).toEqual({ runtime: 'gvisor', version: '20260921.0' });
  });

  it.each([
    'gvisr',
    'kata',
    'gvisor@latest',
    'gvisor@',
    '',
    'gvisor; rm -rf /',
    'gvisor@$(reboot)',
    '__proto__',
    'gvisor@20260928.0\n',
  ])('is refused as unknown-runtime if the catalogue does not have it: %j', (value) => {
    const answer = requestOf(value, versions);
    expect(answer).toMatchObject({ outcome: 'unknown-runtime' });
    expect(answer).toHaveProperty('detail', expect.stringContaining(JSON.stringify(value)));
  });
});

describe('a floor', () => {
  const floored: Versions = {
    gvisor: {
      default: '20260928.0',
      all: ['20260810.0', '20260921.0', '20260928.0'],
      floor: { version: '20260921.0', because: 'CVE-2026-96812: an escape' },
    },
  };

  it('refuses an older version of the catalogue, and names itself and why', () => {
    expect(requestOf('gvisor@20260810.0', floored)).toEqual({
      outcome: 'version-too-old',
      detail:
        'tag airlock:runtime is "gvisor@20260810.0", and 20260810.0 is below the minimum; accepted: 20260921.0 and newer; CVE-2026-96812: an escape',
    });
  });

  it('accepts its own version and newer ones', () => {
    expect(requestOf('gvisor@20260921.0', floored)).toEqual({ runtime: 'gvisor', version: '20260921.0' });
    expect(requestOf('gvisor', floored)).toEqual({ runtime: 'gvisor', version: '20260928.0' });
  });

  it('hides older versions from the message about an unknown one', () => {
    expect(requestOf('gvisor@1', floored)).toMatchObject({
      outcome: 'unknown-runtime',
      detail: expect.stringMatching(/followed by one of 20260921\.0, 20260928\.0$/),
    });
  });
});

describe('the deadline of an instance', () => {
  it.each([
    [{}, { minutes: 20 }],
    [{ 'airlock:deadline-minutes': '5' }, { minutes: 5 }],
    [{ 'airlock:deadline-minutes': '20' }, { minutes: 20 }],
  ])('of %j is %j', (tags, expected) => {
    expect(deadlineMinutesOf(tags, 20)).toEqual(expected);
  });

  it.each(['', '4', '121', '6m', '6\n', '\n6', '06', '1e1', '6.5', '-6'])(
    'is that of the pool if the tag holds %j, and this is reported',
    (value) => {
      expect(deadlineMinutesOf({ 'airlock:deadline-minutes': value }, 20)).toEqual({
        minutes: 20,
        ignored: `tag airlock:deadline-minutes is ${JSON.stringify(value)}; accepted: a whole number from 5 to 20, the minutes of its pool; 20 holds`,
      });
    },
  );
});

describe('the Auto Scaling group of an instance', () => {
  it('is read from the tag that only AWS can set', () => {
    expect(groupOf({ 'aws:autoscaling:groupName': 'builders' })).toBe('builders');
    expect(groupOf({ 'eks:nodegroup-name': 'builders' })).toBeUndefined();
  });
});

describe('a withdrawn version', () => {
  const because = 'CVE-2026-96812, high, fixed in 20260928.0';
  const versions: Versions = {
    gvisor: { default: '20260921.0', all: ['20260921.0', '20260928.0'], withdrawn: { '20260921.0': because } },
    kata: { default: '4.2.0', all: ['4.2.0'], withdrawn: { '4.2.0': because } },
  };

  it.each(['gvisor@20260921.0', 'gvisor'])('is refused for a node that gets it by the tag %s', (tag) => {
    expect(requestOf(tag, versions)).toEqual({
      outcome: 'version-withdrawn',
      detail: `tag airlock:runtime is "${tag}", and 20260921.0 is withdrawn: ${because}; accepted: 20260928.0`,
    });
  });

  it('is refused if no other version is pinned', () => {
    expect(requestOf('kata', versions)).toMatchObject({
      outcome: 'version-withdrawn',
      detail: expect.stringMatching(/; accepted: no pinned version$/),
    });
  });

  it('does not keep nodes from another one, and is not offered in its place', () => {
    expect(requestOf('gvisor@20260928.0', versions)).toEqual({ runtime: 'gvisor', version: '20260928.0' });
    expect(requestOf('gvisor@1', versions)).toMatchObject({
      outcome: 'unknown-runtime',
      detail: expect.stringMatching(/followed by one of 20260928.0$/),
    });
  });
});
