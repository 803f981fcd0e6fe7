import { dollarsOf } from '../../../cli/costs/estimate.ts';
import { prices, pricesOf } from '../../../cli/costs/prices.ts';
import { wrapProse } from '../../../cli/pages/wrap.ts';
import type { Usage } from './usage.ts';

/** One table of the page. */
export interface Column {
  readonly title: string;
  readonly about: string;
  readonly usage: Usage;
}

/** `docs/use/costs.md`. */
export function costsPage(columns: readonly Column[]): string {
  const sources = [...new Map(prices.map((price) => [price.page, price])).values()]
    .map(({ page, seen }) => `| <${page}> | <${seen.at}> (${seen.of}) |`)
    .join('\n');
  const rest = columns
    .filter(({ usage }) => usage['state transitions'] !== undefined)
    .map(({ usage }) => totalOf(usage) - totalOf({ 'state transitions': usage['state transitions'] ?? 0 }));
  return wrapProse(`# Costs

\`npm run bench:cost -- --write\` makes this page. It counts the amounts on the local cloud, from what
its stand-ins record, and a test counts them again. Two figures are assumptions, because the local
cloud cannot measure them:

- An invocation needs 12 ms of a whole processor. Its memory gives it a share of one, and the calls
  that it waits for take what is usual in one region.
  [What functions need](../evidence/functions.md) has the measurements.
- A cold start takes 0.6 s.

Your instances, and Run Command on them, cost the same without Airlock.

${columns.map(table).join('\n\n')}

## What the figures say

A launch passes seven states ([the design](../understand/design.md) names them), which cost $0.175 per
thousand launches by themselves. The aim was $0.15, which pays for six states and nothing else, so it
cannot be met. Everything else together is $${Math.min(...rest).toFixed(2)} to $${Math.max(...rest).toFixed(2)}.

The figures of 200 launches hold for 5,000 as far as batches are full there too. 5,000 launches were
not counted. A metric costs $0.30 a month, by the hours in which it is emitted. While nodes are
launched, one pool and version emits some twelve metrics, and each outcome one more: $0.50 for a
hundred hours with launches. A fleet at rest emits none.

The dashboard is not in the tables: an account has three free ones with up to 50 metrics each, and
this one names fewer, with one cluster. Each further dashboard of the account costs $3.00 a month;
\`dashboard: false\` in \`airlock.yaml\` leaves this one out. With \`notifications\`, each cluster has a
composite alarm for $0.50 a month, which brings an idle month over $3; leave \`notifications\` out to stay below. An alarm costs
$0.10 for each metric that it watches, also in metric math, which no alarm here uses. SNS takes $2.00 for 100,000 mails,
$0.60 for a million calls of a web hook, and nothing for chat.

With \`artifacts: mirror\` the files of all three runtimes take 3.4 GB in S3, which costs $0.08 a
month. Their upload costs less than a cent, and 1,000 downloads $0.0004. Nodes read them free of
charge through a gateway end point; a NAT gateway takes $0.045 per GB, which it also takes for
downloads from upstream ([S3 pricing](https://aws.amazon.com/s3/pricing/),
[VPC pricing](https://aws.amazon.com/vpc/pricing/)).

The scheduled doctor (\`doctor.schedule\`) is off unless you set it. Once a day it adds an alarm for
$0.10, and $0.30 for its metric in a month in which it finds something. Its 30 invocations and their
logs cost less than a cent, and the calls that it makes are free.

In an idle month each alarm costs $0.10. Lambda's pollers ask each of the five queues fifteen times a
minute, which costs $0.26 per queue. With a maximum concurrency Lambda does not take pollers away
([Lambda Developer Guide](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html)).
Each further cluster adds its four alarms, the requests of its queue and an invocation every two
minutes, which is $0.70 a month.

## Where prices come from

Prices are those of US East (N. Virginia) without the free tier, looked up on ${pricesOf}. AWS's pages
have the current ones. A public text confirmed each price:

| AWS's page | confirmed by |
|---|---|
${sources}
`);
}

/** The total of a table, in dollars. */
export function totalOf(usage: Usage): number {
  return dollarsOf(usage);
}

function rowsOf(usage: Usage) {
  return prices
    .filter(({ item }) => usage[item] !== undefined)
    .map((price) => {
      const amount = usage[price.item] ?? 0;
      return { ...price, amount, dollars: (amount * price.dollars) / price.per, price: price.dollars };
    });
}

function table({ title, about, usage }: Column): string {
  const rows = rowsOf(usage).map(
    ({ item, amount, price, each, dollars }) =>
      `| ${item} | ${shown(amount)} | $${price.toFixed(price < 20 && !Number.isInteger(price * 100) ? 4 : 2).replace(/(\.\d\d\d)0$/, '$1')} ${each} | $${dollars.toFixed(3)} |`,
  );
  return `## ${title}

${about}

| item | amount | price | dollars |
|---|---|---|---|
${rows.join('\n')}
| **total** | | | **$${totalOf(usage).toFixed(2)}** |`;
}

function shown(amount: number): string {
  return amount.toLocaleString('en-US', { maximumFractionDigits: amount < 100 ? 1 : 0 });
}
