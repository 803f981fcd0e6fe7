import { throttled } from '../calls.ts';
import { type Family, seconds } from '../fault.ts';

/** Queues deliver at least once. */
export const queueFaults: Family = {
  'messages-again': {
    about: 'messages that were dealt with are delivered again',
    heals: true,
    plant(faultRun, random) {
      const share = random.pick([0.3, 0.7]);
      let left = 12;
      faultRun.onCall({
        before: ({ operation, service }) =>
          operation === 'DeleteMessageBatch' && random.chance(share) && left-- > 0 ? throttled(service) : undefined,
      });
    },
  },
  'queues-stall': {
    about: 'nobody can receive a message for a while',
    heals: true,
    plant(faultRun, random) {
      const from = faultRun.clock.now() + seconds(random, 0, 60);
      const until = from + seconds(random, 10, 240);
      faultRun.onCall({
        before({ operation, service }) {
          const now = faultRun.clock.now();
          return operation === 'ReceiveMessage' && now >= from && now < until ? throttled(service) : undefined;
        },
      });
    },
  },
};
