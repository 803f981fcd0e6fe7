import { AwsError } from '../../../packages/local-aws/aws.ts';
import { type Family, minutes, seconds } from '../fault.ts';

const answers = ['SendTaskSuccess', 'SendTaskFailure'];

/** Answers to the state that waits. */
export const tokenFaults: Family = {
  'answers-doubled': {
    about: 'a token is answered again, up to a minute later',
    heals: true,
    plant(trial, dice) {
      const share = dice.pick([0.4, 1]);
      trial.onCall({
        after({ operation, principal, input }) {
          if (!answers.includes(operation) || !dice.chance(share)) return undefined;
          const again = trial.world.services.states.service.operations[operation];
          trial.after(seconds(dice, 0, 60), () => {
            try {
              again?.run(input as never, { principal, now: trial.clock.now() });
            } catch (error) {
              if (!(error instanceof AwsError)) throw error;
            }
          });
          return undefined;
        },
      });
    },
  },
  'answers-late': {
    about: 'the end of a command is told minutes late, or after the state has timed out',
    plant(trial, dice) {
      const late = dice.pick([minutes(dice, 1, 6), minutes(dice, 15, 19), minutes(dice, 20, 30)]);
      trial.onDelivery(({ event }) => (event.source === 'aws.ssm' ? [late + seconds(dice, 0, 20)] : undefined));
    },
  },
};
