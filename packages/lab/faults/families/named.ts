import { exampleRuntime } from '../../../../domain/runtimes.ts';
import { runtimeTag } from '../../../../domain/tags.ts';
import { AwsError } from '../../../local-aws/aws.ts';
import type { Family } from '../fault.ts';

/** One failure each, exactly as a scenario needs it. */
export const namedFaults: Family = {
  'send-throttled': {
    about: 'SendCommand is throttled five times',
    heals: true,
    only: 'name',
    plant(site) {
      let left = 5;
      site.onCall({
        before: ({ operation }) =>
          operation === 'SendCommand' && left-- > 0 ? new AwsError('ThrottlingException', 'Rate exceeded') : undefined,
      });
    },
  },
  'dispatch-dies': {
    about: 'dispatch dies right after its first SendCommand',
    heals: true,
    only: 'name',
    plant(site) {
      let left = 1;
      site.onCall({ after: ({ operation }) => (operation === 'SendCommand' && left-- > 0 ? 'crash' : undefined) });
    },
  },
  'bad-tag': {
    about: `the tag requests "${exampleRuntime}; reboot", which is no runtime`,
    ends: 'unknown-runtime',
    only: 'name',
    plant(site) {
      site.plans.push((plan) => ({ ...plan, tags: { ...plan.tags, [runtimeTag]: `${exampleRuntime}; reboot` } }));
    },
  },
};
