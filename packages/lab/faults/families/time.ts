import { type Family, seconds } from '../fault.ts';

/** Clocks, and what runs by them. */
export const timeFaults: Family = {
  'clocks-apart': {
    about: "the functions' clocks are ahead or behind by up to a minute",
    plant(site, random) {
      for (const one of site.functions()) one.clockAheadMs = random.int(-60_000, 60_000);
    },
  },
  'reconcile-often': {
    about: 'reconcile runs at any moment, and two at once',
    heals: true,
    plant(site, random) {
      const name = site.function('reconcile')?.settings.name;
      if (name === undefined) return;
      const reconcile = async () => {
        await site.world.cloud.lambda.invoke(name, '{}', 'RequestResponse').catch(() => undefined);
      };
      for (let times = 0; times < 12; times++) {
        const at = seconds(random, 1, 240);
        site.after(at, reconcile);
        if (random.chance(0.5)) site.after(at, reconcile);
      }
    },
  },
};
