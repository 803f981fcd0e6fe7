import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../local/kubernetes/faults.ts';
import type { StandInCluster } from '../../local/kubernetes/cluster.ts';
import { World } from './world.ts';

let world: World<StandInCluster>;
beforeEach(async () => {
  world = await World.onStandIn();
  await world.join();
});
afterEach(() => world.stop());

const ours = ({ aws }: { aws: boolean }) => aws;
const until = (ms: number) => {
  const end = world.cluster.clock.now() + ms;
  return (request: { aws: boolean; now: number }) => ours(request) && request.now < end;
};

const outages: readonly [string, Fault][] = [
  ['answers 500', { kind: 'status', code: 500 }],
  ['answers 503', { kind: 'status', code: 503 }],
  ['answers 429', { kind: 'status', code: 429, retryAfterSeconds: 3 }],
  ['drops the connection', { kind: 'drop', when: 'before' }],
  ['drops the connection in the middle of its answer', { kind: 'drop', when: 'mid-answer' }],
];

describe.each(outages)('a cluster that %s', (_name, fault) => {
  test('for ten seconds delays a release, without a busy loop', async () => {
    world.cluster.api.faults.plant(until(10_000), fault);

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(world.count('get nodes')).toBeLessThanOrEqual(6);
  });

  test('for longer than a call is asked again by the next one, while the deadline allows', async () => {
    world.cluster.api.faults.plant(until(60_000), fault);

    const first = await world.release();
    await world.pass(30_000);
    const second = await world.release();

    expect([first.error?.name, first.error?.message.split(':')[0]]).toEqual(['NotYet', 'cluster-unreachable']);
    expect(second.receipt?.outcome).toBe('released');
  });

  test('for ten minutes is asked again and again, and the node is released once it is back', async () => {
    world.cluster.api.faults.plant(until(10 * 60_000), fault);
    let calls = 0;
    let settled = await world.release({}, 20);
    for (; settled.error?.name === 'NotYet'; calls++) {
      await world.pass(30_000);
      settled = await world.release({}, 20);
    }

    expect([settled.receipt?.outcome, await world.taints()]).toEqual(['released', []]);
    expect(world.cluster.clock.now() - world.launchedAt).toBeLessThan(12 * 60_000);
    expect(world.count('get nodes')).toBeLessThanOrEqual(8 * calls + 3);
  });

  test('until after the deadline ends the release as cluster-unreachable', async () => {
    world.cluster.api.faults.plant(ours, fault);

    expect((await world.release({}, 1)).error?.name).toBe('cluster-unreachable');
  });
});

test('429 is left alone for as long as it asks', async () => {
  world.cluster.api.faults.plant(ours, { kind: 'status', code: 429, retryAfterSeconds: 20 }, 1);
  const before = world.cluster.clock.now();

  await world.release();

  expect(world.cluster.clock.now() - before).toBe(20_000);
});

test.each([
  [401, 'HTTP 401: Unauthorized'],
  [403, 'HTTP 403: forbidden: planted'],
] as const)('%i is final at once', async (code, message) => {
  world.cluster.api.faults.plant(ours, { kind: 'status', code });

  const { error } = await world.release();

  expect([error?.name, error?.message]).toEqual(['cluster-forbade', message]);
  expect(world.count('get nodes')).toBe(1);
});

test.each(['after', 'mid-answer'] as const)(
  'a patch that landed but whose answer was lost (%s) is not made twice',
  async (when) => {
    world.cluster.api.faults.plant((request) => ours(request) && request.verb === 'patch', { kind: 'drop', when }, 1);

    const { receipt } = await world.release();

    expect([receipt?.outcome, world.count('patch nodes'), await world.taints()]).toEqual(['released', 1, []]);
  },
);

test('an answer that does not come in time counts as none', async () => {
  world.cluster.api.faults.plant(ours, { kind: 'delay', realMs: 2_500 }, 1);
  world.requestTimeoutMs = 1_000;

  const { receipt } = await world.release();

  expect(receipt?.outcome).toBe('released');
  // On a machine that is busy another answer may come late too.
  expect(world.count('get nodes')).toBeGreaterThan(1);
});

test('a quarantine waits for the cluster until the deadline, and then gives up', async () => {
  world.cluster.api.faults.plant(ours, { kind: 'drop', when: 'before' });

  const inTime = await world.quarantine('deadline-passed', '', 15);
  await world.pass(10 * 60_000);
  const late = await world.quarantine('deadline-passed', '', 1);

  expect([inTime.error?.name, late.error?.name]).toEqual(['NotYet', 'cluster-unreachable']);
});
