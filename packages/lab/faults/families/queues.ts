import { throttled } from '../calls.ts';
import { type Family, seconds } from '../fault.ts';

/** Queues deliver at least once. */
export const queueFaults: Family = {
  'messages-again': {
    about: 'messages that were processed are delivered again',
    heals: true,
    plant(site, random) {
      const share = random.pick([0.3, 0.7]);
      let left = 12;
      site.onCall({
        before: ({ operation, service }) =>
          operation === 'DeleteMessageBatch' && random.chance(share) && left-- > 0 ? throttled(service) : undefined,
      });
    },
  },
  'queues-stall': {
    about: 'no consumer receives a message for a while',
    heals: true,
    plant(site, random) {
      const from = site.clock.now() + seconds(random, 0, 60);
      const until = from + seconds(random, 10, 240);
      site.onCall({
        before({ operation, service }) {
          const now = site.clock.now();
          return operation === 'ReceiveMessage' && now >= from && now < until ? throttled(service) : undefined;
        },
      });
    },
  },
};
