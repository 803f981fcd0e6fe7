import { type Family, seconds } from '../fault.ts';

/** Clocks, and what runs by them. */
export const timeFaults: Family = {
  'clocks-apart': {
    about: "the functions' clocks are ahead or behind by up to a minute",
    plant(trial, dice) {
      for (const one of trial.functions()) one.clockAheadMs = dice.int(-60_000, 60_000);
    },
  },
  'reconcile-often': {
    about: 'reconcile runs at any moment, and two at once',
    heals: true,
    plant(trial, dice) {
      const name = trial.function('reconcile')?.settings.name;
      if (name === undefined) return;
      const reconcile = async () => {
        await trial.world.cloud.lambda.invoke(name, '{}', 'RequestResponse').catch(() => undefined);
      };
      for (let times = 0; times < 12; times++) {
        const at = seconds(dice, 1, 240);
        trial.after(at, reconcile);
        if (dice.chance(0.5)) trial.after(at, reconcile);
      }
    },
  },
};
