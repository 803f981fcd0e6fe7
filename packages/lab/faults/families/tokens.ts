import { AwsError } from '../../../local-aws/aws.ts';
import { type Family, minutes, seconds } from '../fault.ts';

const answers = ['SendTaskSuccess', 'SendTaskFailure'];

/** Answers to the waiting state. */
export const tokenFaults: Family = {
  'answers-doubled': {
    about: 'a token is answered again, up to a minute later',
    heals: true,
    plant(site, random) {
      const share = random.pick([0.4, 1]);
      site.onCall({
        after({ operation, principal, input }) {
          if (!answers.includes(operation) || !random.chance(share)) return undefined;
          const again = site.world.services.states.service.operations[operation];
          site.after(seconds(random, 0, 60), () => {
            try {
              again?.run(input as never, { principal, now: site.clock.now() });
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
    about: 'the end of a command is reported minutes late, or after the state has timed out',
    plant(site, random) {
      const late = random.pick([minutes(random, 1, 6), minutes(random, 15, 19), minutes(random, 20, 30)]);
      site.onDelivery(({ event }) => (event.source === 'aws.ssm' ? [late + seconds(random, 0, 20)] : undefined));
    },
  },
};
