import { awsErrors, type Consequence, commonErrors, type Rules } from '../../lambdas/adapters/aws-errors.ts';
import { verifyErrors } from '../verify-aws/aws-errors.ts';
import { wrapProse } from './wrap.ts';

const meanings: Readonly<Record<Consequence, string>> = {
  done: 'The requested state already exists, or the target is gone. This is not a failure.',
  retry: 'The call is repeated: first by the SDK, then by the message, the retrier or the next reconcile run.',
  wait: 'It may pass within a minute, because something the call needs is new or changing. The caller waits for that.',
  answer: 'The caller reacts: it splits the call, waits, or ends the run with a specific outcome.',
  setup:
    'The deployment lacks a right, a resource or capacity. The call is repeated like a retry, and succeeds once you fix it.',
  bug: 'The request is wrong, or concerns a feature that Airlock does not use. The call is repeated like a retry. Please report it.',
};

const order = Object.keys(meanings) as Consequence[];

/** The rows of a table. Errors with the same consequence and reason share one. */
function rows(rules: Rules): string {
  const grouped = Map.groupBy(Object.entries(rules), ([, [consequence, why]]) => `${consequence} | ${why}`);
  return [...grouped]
    .toSorted(
      ([a], [b]) => order.indexOf(a.split(' ')[0] as Consequence) - order.indexOf(b.split(' ')[0] as Consequence),
    )
    .map(([rest, entries]) => `| ${entries.map(([name]) => `\`${name}\``).join(', ')} | ${rest} |`)
    .join('\n');
}

const head = '| error | what follows | why |\n|---|---|---|\n';

/** `docs/understand/aws-errors.md`: each error that AWS may return from each call, and the consequence. */
export function awsErrorsPage(): string {
  const sections = (level: string, table: Readonly<Record<string, Rules>>) =>
    Object.entries(table).map(([name, rules]) => `${level} ${name}\n\n${head}${rows(rules)}\n`);
  return wrapProse(`# Errors of AWS

Made by \`npm run docs\` from \`lambdas/adapters/aws-errors.ts\`. A test compares the errors with those in the SDK's model of each operation, and
\`npm run test:faults\` plants each of them.

| what follows | which means |
|---|---|
${order.map((one) => `| ${one} | ${meanings[one]} |`).join('\n')}

The state machine calls sqs:SendMessage, dynamodb:UpdateItem, events:PutEvents and lambda:Invoke by itself. Step Functions puts the service before the
name of an error, \`Lambda.TooManyRequestsException\` for instance; its retriers take every error that is a *retry* here.

## Any service but EC2

${head}${rows(commonErrors)}

${sections('##', awsErrors).join('\n')}
## Called only by \`airlock verify-aws\`

A person runs this command, so it prints every error that the SDK does not retry.

${sections('###', verifyErrors).join('\n')}`);
}
