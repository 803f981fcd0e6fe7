import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../packages/local-kubernetes/faults.ts';
import type { StandInCluster } from '../../kubernetes/cluster.ts';
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
  it('for ten seconds delays a release, without a busy loop', async () => {
    world.cluster.api.faults.plant(until(10_000), fault);

    const { receipt, calls } = await world.releaseByQueue();

    expect(receipt?.outcome).toBe('released');
    expect(calls).toBeLessThanOrEqual(4);
    expect(world.count('list nodes')).toBeLessThanOrEqual(10);
  });

  it('does not block a function: a call gives up after some seconds, and the message is delivered again', async () => {
    world.cluster.api.faults.plant(until(60_000), fault);
    const before = world.cluster.clock.now();

    const { error } = await world.release();

    expect(error?.name).toBe('RetryLater');
    expect(error?.message.split(':')[0]).toBe('cluster-unreachable');
    expect(world.cluster.clock.now() - before).toBeLessThanOrEqual(8_000);
    expect(world.count('list nodes')).toBeLessThanOrEqual(3);
  });

  it('for ten minutes is polled at growing intervals, and the node is released once it is back', async () => {
    world.cluster.api.faults.plant(until(10 * 60_000), fault);

    const { receipt, calls } = await world.releaseByQueue({}, 20);

    expect(receipt?.outcome).toBe('released');
    expect(await world.taints()).toEqual([]);
    expect(world.cluster.clock.now() - world.launchedAt).toBeLessThan(11 * 60_000);
    expect(calls).toBeLessThanOrEqual(45);
    expect(world.count('list nodes')).toBeLessThanOrEqual(3 * calls);
  });

  it('until after the deadline ends the release as cluster-unreachable', async () => {
    world.cluster.api.faults.plant(ours, fault);

    expect((await world.releaseByQueue({}, 3)).error?.name).toBe('cluster-unreachable');
    expect(world.cluster.clock.now() - world.launchedAt).toBeLessThanOrEqual(90_000);
  });
});

it('with 429 gets no request for as long as it asks', async () => {
  world.cluster.api.faults.plant(ours, { kind: 'status', code: 429, retryAfterSeconds: 20 }, 1);
  const before = world.cluster.clock.now();

  await world.releaseByQueue();

  expect(world.cluster.clock.now() - before).toBe(20_000);
});

it.each([
  [401, 'HTTP 401: Unauthorized'],
  [403, 'HTTP 403: forbidden: planted'],
] as const)('%i is final on the first answer', async (code, message) => {
  world.cluster.api.faults.plant(ours, { kind: 'status', code });

  const { error } = await world.release();

  expect(error?.name).toBe('cluster-forbidden');
  expect(error?.message).toEqual(message);
  expect(world.count('list nodes')).toBe(1);
});

it.each(['after', 'mid-answer'] as const)(
  'a patch that landed but whose answer was lost (%s) is not sent twice',
  async (when) => {
    world.cluster.api.faults.plant((request) => ours(request) && request.verb === 'patch', { kind: 'drop', when }, 1);

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(world.count('patch nodes')).toBe(1);
    expect(await world.taints()).toEqual([]);
  },
);

it('an answer that does not arrive in time counts as none', async () => {
  world.cluster.api.faults.plant(ours, { kind: 'delay', realMs: 2_500 }, 1);
  world.requestTimeoutMs = 1_000;

  const { receipt } = await world.release();

  expect(receipt?.outcome).toBe('released');
  // On a busy machine another answer may be late too.
  expect(world.count('list nodes')).toBeGreaterThan(1);
});

it('a quarantine waits for the cluster until the deadline, and then gives up', async () => {
  world.cluster.api.faults.plant(ours, { kind: 'drop', when: 'before' });

  const inTime = await world.quarantine('deadline-passed', '', 15);
  await world.pass(10 * 60_000);
  const late = await world.quarantine('deadline-passed', '', 1);

  expect(inTime.error?.name).toBe('RetryLater');
  expect(late.error?.name).toBe('cluster-unreachable');
});

describe('a watch', () => {
  const watches = ({ aws, verb }: { aws: boolean; verb: string }) => aws && verb === 'watch';
  const late = () => world.kubelet({ readyAfterMs: 5_000 });

  it.each<[string, Fault]>([
    ['that the server closes', { kind: 'watch-ends', afterMs: 1_500, how: 'closed' }],
    ['whose version is too old', { kind: 'watch-ends', afterMs: 1_500, how: 'expired' }],
    ['that is refused once', { kind: 'status', code: 500 }],
    ['that is too old from the beginning', { kind: 'status', code: 410 }],
    ['whose connection breaks at the first event', { kind: 'drop', when: 'after' }],
    ['whose connection breaks in the middle of an event', { kind: 'drop', when: 'mid-answer' }],
  ])('%s loses nothing', async (_what, fault) => {
    await world.controllers.instanceGone(world.node.nodeName);
    world.cluster.api.faults.plant(watches, fault, 2);
    await late().join();

    const { receipt, calls } = await world.releaseByQueue();

    expect(receipt?.outcome).toBe('released');
    expect(calls).toBe(1);
  });

  it('that is always refused still ends in a release, by the calls that follow', async () => {
    await world.controllers.instanceGone(world.node.nodeName);
    world.cluster.api.faults.plant(watches, { kind: 'status', code: 503 });
    await late().join();

    const { receipt } = await world.releaseByQueue();

    expect(receipt?.outcome).toBe('released');
    expect(world.count('watch nodes')).toBeLessThanOrEqual(40);
  });

  it("that is forbidden is cluster-forbidden, with the API's message", async () => {
    await (await world.join()).setReady(false);
    world.cluster.api.faults.plant(watches, { kind: 'status', code: 403 });

    expect((await world.release()).error).toMatchObject({ name: 'cluster-forbidden', message: expect.any(String) });
  });
});
