import type { Family } from '../fault.ts';

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
};
