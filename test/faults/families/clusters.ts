import { type Family, minutes, seconds } from '../fault.ts';

/** The Kubernetes API, as the product meets it. */
export const clusterFaults: Family = {
  'cluster-down': {
    about: 'the Kubernetes API answers 500, for seconds or for many minutes',
    plant(trial, dice) {
      const from = trial.clock.now() + seconds(dice, 0, 100);
      const until = from + dice.pick([seconds(dice, 5, 120), minutes(dice, 2, 15), minutes(dice, 15, 25)]);
      trial.cluster.faults.plant(({ aws, now }) => aws && now >= from && now < until, { kind: 'status', code: 500 });
    },
  },
  'cluster-flaky': {
    about: 'the Kubernetes API fails, throttles, or ends the connection before or after it did what it was asked',
    plant(trial, dice) {
      const share = dice.pick([0.1, 0.3]);
      const meets = ({ aws }: { aws: boolean }) => aws && dice.chance(share / 4);
      trial.cluster.faults.plant(meets, { kind: 'status', code: 503 });
      trial.cluster.faults.plant(meets, { kind: 'status', code: 429, retryAfterSeconds: 2 });
      trial.cluster.faults.plant(meets, { kind: 'drop', when: 'before' });
      trial.cluster.faults.plant(meets, { kind: 'drop', when: 'after' });
    },
  },
  'cluster-forbids': {
    about: 'the Kubernetes API forbids every change, for a while or for good',
    plant(trial, dice) {
      const until = trial.clock.now() + dice.pick([minutes(dice, 1, 5), Number.POSITIVE_INFINITY]);
      trial.cluster.faults.plant(({ aws, verb, now }) => aws && verb !== 'get' && now < until, {
        kind: 'status',
        code: 403,
      });
    },
  },
  'watches-end': {
    about: 'watches of the Kubernetes API are refused, end early, are too old, or break in the middle of an event',
    heals: true,
    plant(trial, dice) {
      const share = dice.pick([0.2, 0.6]);
      const meets = ({ aws, verb }: { aws: boolean; verb: string }) =>
        aws && verb === 'watch' && dice.chance(share / 4);
      const { faults } = trial.cluster;
      faults.plant(meets, { kind: 'watch-ends', afterMs: dice.int(1, 4_000), how: 'closed' });
      faults.plant(meets, { kind: 'watch-ends', afterMs: dice.int(1, 4_000), how: 'expired' });
      faults.plant(meets, { kind: 'status', code: 410 });
      faults.plant(meets, { kind: 'drop', when: 'mid-answer' });
    },
  },
  'cluster-crashes': {
    about: 'the function of the cluster dies at one of its requests, before or after it took effect',
    plant(trial, dice) {
      let skip = dice.int(0, 12);
      const times = dice.int(1, 3);
      const meets = ({ aws }: { aws: boolean }) => aws && skip-- <= 0;
      const target = trial.function('cluster');
      const die = () => {
        const busy = [...(target?.environments ?? [])].filter((one) => one.busy);
        if (busy.length > 0) dice.pick(busy).kill({ reason: 'crash' });
      };
      trial.cluster.faults.plant(meets, { kind: 'meanwhile', run: die }, times);
    },
  },
};
