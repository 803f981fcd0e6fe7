import { awsErrors, commonErrors, type Operation, type Rules } from '../../../../lambdas/adapters/aws-errors.ts';
import { AwsError } from '../../../local-aws/aws.ts';
import type { Family, Fault } from '../fault.ts';
import type { Random } from '../random.ts';

/**
 * Operations that nothing calls in a run of the sample: only the deployment, an operator, or an installation with a
 * mirror does.
 */
const elsewhere = (operation: Operation) =>
  /^(eks|cloudformation|s3|sts):/.test(operation) || operation === 'dynamodb:Scan';

/** Errors that AWS answers with their own status; every other one is 400, and a service's failure 500. */
const statuses: Readonly<Record<string, number>> = {
  NotFound: 404,
  TooManyRequestsException: 429,
  RequestLimitExceeded: 503,
};

/** An error as its service answers it; the message contains the text that a rule requires. */
export function errorOf(rules: Rules, key: string): AwsError {
  const [name = '', words = 'planted'] = key.split(': ');
  const [consequence, why] = rules[key] ?? [];
  const broken = consequence === 'retry' && why === 'The service failed.';
  return new AwsError(name, words, statuses[name] ?? (broken ? 500 : 400));
}

/** The errors that an operation may answer: its own, and those of every service. */
export function rulesOf(operation: Operation): Rules {
  return operation.startsWith('ec2:') ? awsErrors[operation] : { ...commonErrors, ...awsErrors[operation] };
}

/** An operation returns one of the errors on its API page, a few times in succession or for a share of its calls. */
function answers(operation: Operation): Fault {
  return {
    about: `${operation} answers one of its errors`,
    strands: true,
    plant(site, random) {
      const rules = rulesOf(operation);
      const error = errorOf(rules, random.pick(Object.keys(rules)));
      const strikes = striking(random);
      site.onCall({
        before: ({ service, operation: name }) => (`${service}:${name}` === operation && strikes() ? error : undefined),
      });
    },
  };
}

/** Some calls in succession, or a share of the first ones: a permanent error would show nothing of what follows it. */
function striking(random: Random): () => boolean {
  let skip = random.int(0, 4);
  let left = random.int(1, 6);
  const share = random.pick([0.3, 1]);
  return () => skip-- <= 0 && left > 0 && random.chance(share) && left-- > 0;
}

/** Each error of each operation, as docs/understand/aws-errors.md lists them. */
export const errorFaults: Family = Object.fromEntries(
  (Object.keys(awsErrors) as Operation[])
    .filter((operation) => !elsewhere(operation))
    .map((operation) => [`error-${operation.replace(':', '-')}`, answers(operation)]),
);
