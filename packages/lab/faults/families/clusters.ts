import { type Family, minutes, seconds } from '../fault.ts';

/** The Kubernetes API, as the product sees it. */
export const clusterFaults: Family = {
  'cluster-down': {
    about: 'the Kubernetes API answers 500, for seconds or for many minutes',
    plant(site, random) {
      const from = site.clock.now() + seconds(random, 0, 100);
      const until = from + random.pick([minutes(random, 15, 25), minutes(random, 2, 15), seconds(random, 5, 120)]);
      site.cluster.faults.plant(({ aws, now }) => aws && now >= from && now < until, { kind: 'status', code: 500 });
    },
  },
  'cluster-flaky': {
    about: 'the Kubernetes API fails, throttles, or ends the connection before or after it did what it was asked',
    plant(site, random) {
      const share = random.pick([0.1, 0.3]);
      const meets = ({ aws }: { aws: boolean }) => aws && random.chance(share / 4);
      site.cluster.faults.plant(meets, { kind: 'status', code: 503 });
      site.cluster.faults.plant(meets, { kind: 'status', code: 429, retryAfterSeconds: 2 });
      site.cluster.faults.plant(meets, { kind: 'drop', when: 'before' });
      site.cluster.faults.plant(meets, { kind: 'drop', when: 'after' });
    },
  },
  'cluster-forbids': {
    about: 'the Kubernetes API forbids every change, for a while or for good',
    ends: 'cluster-forbidden',
    plant(site, random) {
      const until = site.clock.now() + random.pick([minutes(random, 1, 5), Number.POSITIVE_INFINITY]);
      site.cluster.faults.plant(({ aws, verb, now }) => aws && verb !== 'get' && now < until, {
        kind: 'status',
        code: 403,
      });
    },
  },
  'watches-end': {
    about: 'watches of the Kubernetes API are refused, end early, are too old, or break in the middle of an event',
    heals: true,
    plant(site, random) {
      const share = random.pick([0.2, 0.6]);
      const meets = ({ aws, verb }: { aws: boolean; verb: string }) =>
        aws && verb === 'watch' && random.chance(share / 4);
      const { faults } = site.cluster;
      faults.plant(meets, { kind: 'watch-ends', afterMs: random.int(1, 4_000), how: 'closed' });
      faults.plant(meets, { kind: 'watch-ends', afterMs: random.int(1, 4_000), how: 'expired' });
      faults.plant(meets, { kind: 'status', code: 410 });
      faults.plant(meets, { kind: 'drop', when: 'mid-answer' });
    },
  },
  'cluster-crashes': {
    about: 'the function of the cluster dies at one of its requests, before or after it took effect',
    plant(site, random) {
      let skip = random.int(0, 12);
      const times = random.int(1, 3);
      const meets = ({ aws }: { aws: boolean }) => aws && skip-- <= 0;
      const target = site.function('cluster');
      const die = () => {
        const busy = [...(target?.environments ?? [])].filter((one) => one.busy);
        if (busy.length > 0) random.pick(busy).kill({ reason: 'crash' });
      };
      site.cluster.faults.plant(meets, { kind: 'meanwhile', run: die }, times);
    },
  },
};
