import { throttled } from '../calls.ts';
import { type Family, seconds } from '../fault.ts';

/** Queues deliver at least once. */
export const queueFaults: Family = {
  'messages-again': {
    about: 'messages that were dealt with are delivered again',
    heals: true,
    plant(trial, dice) {
      const share = dice.pick([0.3, 0.7]);
      let left = 12;
      trial.onCall({
        before: ({ operation, service }) =>
          operation === 'DeleteMessageBatch' && dice.chance(share) && left-- > 0 ? throttled(service) : undefined,
      });
    },
  },
  'queues-stall': {
    about: 'nobody can receive a message for a while',
    heals: true,
    plant(trial, dice) {
      const from = trial.clock.now() + seconds(dice, 0, 60);
      const until = from + seconds(dice, 10, 240);
      trial.onCall({
        before({ operation, service }) {
          const now = trial.clock.now();
          return operation === 'ReceiveMessage' && now >= from && now < until ? throttled(service) : undefined;
        },
      });
    },
  },
};
