import { awsErrors, type Consequence, commonErrors, type Rules } from '../../lambdas/adapters/aws-errors.ts';
import { verifyErrors } from '../verify-aws/aws-errors.ts';

const meanings: Readonly<Record<Consequence, string>> = {
  done: 'What was asked for holds already, or nothing is left that it could be done to. It is no failure.',
  retry:
    'The call is made again: by the SDK first, then by the message, the retrier or the next reconcile run that caused it.',
  wait: 'It may pass within a minute: what the call needs is new, or is being changed. The caller waits for that.',
  answer: 'The caller has another way: it splits the call, waits, or ends the node with its own outcome.',
  setup:
    'The deployment lacks something: a right, a resource, room. It is made again as a retry is, and heals when you fix it.',
  bug: 'The request is wrong, or a feature is meant that Airlock does not use. It is made again as a retry is; report it.',
};

const order = Object.keys(meanings) as Consequence[];

/** The rows of a table: errors with the same consequence and reason share one. */
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

/** `docs/understand/aws-errors.md`: each error that AWS may answer to each call, and what follows. */
export function awsErrorsPage(): string {
  const sections = (level: string, table: Readonly<Record<string, Rules>>) =>
    Object.entries(table).map(([name, rules]) => `${level} ${name}\n\n${head}${rows(rules)}\n`);
  return `# Errors of AWS

Made by \`npm run docs\` from \`lambdas/adapters/aws-errors.ts\`. A test holds the errors against those that the models of the SDK list for each operation, and
\`npm run test:faults\` plants each of them.

| what follows | which means |
|---|---|
${order.map((one) => `| ${one} | ${meanings[one]} |`).join('\n')}

The state machine calls sqs:SendMessage, dynamodb:UpdateItem, events:PutEvents and lambda:Invoke by itself. Step Functions puts the service before the
name of an error, \`Lambda.TooManyRequestsException\` for instance; its retriers take every error that is a *retry* here.

## Any service but EC2

${head}${rows(commonErrors)}

${sections('##', awsErrors).join('\n')}
## Called by \`airlock verify-aws\` alone

A person runs it: what the SDK does not try again is shown.

${sections('###', verifyErrors).join('\n')}`;
}
