import { throttled } from '../calls.ts';
import { type Family, minutes } from '../fault.ts';

/** PutEvents answers 200 although it did not accept every entry. */
export const busFaults: Family = {
  'entries-refused': {
    about: 'the bus refuses some entries of a call that succeeds',
    heals: true,
    plant({ world }, random) {
      const share = random.pick([0.3, 0.6]);
      world.services.events.refuses = () =>
        random.chance(share) ? ['ThrottlingException', 'Rate exceeded'] : undefined;
    },
  },
  'bus-closed': {
    about: 'the bus takes no event for minutes: it throttles each call, or refuses all its entries or some',
    heals: true,
    plant(site, random) {
      const { clock, world } = site;
      const from = clock.now() + random.pick([0, minutes(random, 0, 4)]);
      const until = from + minutes(random, 3, 9);
      const isClosed = () => clock.now() >= from && clock.now() < until;
      const how = random.pick(['throttled', 'refused', 'partly'] as const);
      site.onCall({
        before: ({ operation }) =>
          how === 'throttled' && operation === 'PutEvents' && isClosed() ? throttled('events') : undefined,
      });
      world.services.events.refuses = () =>
        how !== 'throttled' && isClosed() && (how === 'refused' || random.chance(0.9))
          ? ['ThrottlingException', 'Rate exceeded']
          : undefined;
    },
  },
};
