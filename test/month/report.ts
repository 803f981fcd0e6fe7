import { dollarsOf } from '../../cli/costs/estimate.ts';
import { prices } from '../../cli/costs/prices.ts';
import { wrapProse } from '../../cli/pages/wrap.ts';
import { advisories, deadlineMs, deployments, monthStart, type Outage, outages, pools } from './calendar.ts';
import { unexpectedAlarms } from './expected-alarms.ts';
import { dayOf, type MonthResult } from './play.ts';

/** How a month was played. */
export interface MonthRun {
  readonly nodes: number;
  readonly days: number;
  readonly seed: number;
  readonly outage: Outage;
  readonly wallSeconds: number;
  readonly processorSeconds: number;
}

/** Everything that must not be. */
export function faultsOf({ violations, closed, lost, rang }: MonthResult): readonly string[] {
  return [
    ...violations,
    ...closed.flatMap(({ id, differences }) => differences.map((one) => `the closing report of ${id}: ${one}`)),
    ...lost.filter(({ inService }) => inService > 1).map(({ pool, inService }) => `${pool} lost ${inService} nodes`),
    ...unexpectedAlarms(rang).map(({ alarm, at }) => `${dayOf(at)}: the alarm ${alarm} fires`),
  ];
}

const rows = (cells: readonly (readonly (string | number)[])[]) =>
  cells.map((row) => `| ${row.join(' | ')} |`).join('\n');
const count = (amount: number) => amount.toLocaleString('en-US', { maximumFractionDigits: 0 });

/** `docs/evidence/month.md`. */
export function monthPage(result: MonthResult, run: MonthRun): string {
  const { disturbed, mostOut, lost, closed, rang } = result;
  const faults = faultsOf(result);
  return wrapProse(`# A month of advisories

\`npm run test:month -- --nodes ${run.nodes} --days ${run.days} --write\` makes this page. It plays ${run.days} days of ${count(result.nodes)} nodes in six pools
on the local cloud: the synthesized template, its functions and state machine, the passes of
reconcile. Machines are modelled: they answer what the documents' shell answered when it was
recorded. Rules are checked from the machines and the Nodes, never from Airlock's own records.

${faults.length === 0 ? 'No rule was violated.' : `${faults.length} rules were violated.`} The run took ${Math.ceil(run.wallSeconds / 60)} minutes (${Math.ceil(run.processorSeconds / 60)} of one
processor), with the seed ${run.seed}.

## What happens

| when | what |
|---|---|
${rows(
  [
    ...deployments
      .filter(({ at }) => at <= run.days * 86_400_000)
      .map(({ at, about, defaults }): [number, string] => [
        at,
        `deployed: ${about} (gVisor ${defaults.gvisor}, Kata ${defaults.kata})`,
      ]),
    ...advisories.map(({ publishedAt, id, runtime, fixedIn }): [number, string] => [
      publishedAt,
      `${id} is published: ${runtime} before ${fixedIn}, due on day ${(publishedAt + deadlineMs) / 86_400_000}`,
    ]),
    [outages[run.outage].from, 'the API server answers 500 for an hour'] as [number, string],
  ]
    .toSorted(([one], [other]) => one - other)
    .map(([at, what]) => [dayOf(monthStart + at), what]),
)}

Each pool grows by 2 % every morning and shrinks in the evening, and some nodes of the fleet are lost
at any time: ${count(result.launches)} launches in all. ${count(disturbed.lost)} of AWS's events were lost (1 %), ${count(disturbed.doubled)} came twice (1 %),
and a function died ${count(disturbed.died)} times in the middle of a call. The rollout takes nodes out from 20:00 to
06:00, 10 % of a pool at most, with 12 hours between waves.

Passes come every two minutes while a run is under way and for seven minutes afterwards: ${count(result.passes)} in
all. ${count(result.skipped)} passes of quiet times were left out. While nodes wait for a window or a soak time,
one comes every 20 minutes, and otherwise every three hours.

With \`--outage window\` the API server is down as nodes are taken out. A node or a substitute that
fails then stops the rollout of its pool, as any failure does: until an operator resumes it, the pool
may miss its deadline, and AdvisoryLate fires. A node that could not be marked stays behind its gate.

## What came of it

| pool | nodes | runtime | most out at once | allowed | lost to the bad version, in service | launches that failed with it |
|---|---|---|---|---|---|---|
${rows(
  pools.map(({ name, size, runtime }) => {
    const most = mostOut.get(name);
    const gone = lost.find(({ pool }) => pool === name);
    const nodes = Math.round((size * run.nodes) / 2_000);
    return [name, nodes, runtime, most?.out ?? 0, most?.allowed ?? '-', gone?.inService ?? 0, gone?.launches ?? 0];
  }),
)}

In place, the canary is the node that is lost: its version is not withdrawn, so it gets that back. By
replacement, the canary gives way to a substitute, which fails
([decision 39](../decisions/0039-roll-versions-out-as-runs-in-waves.md)). New launches get the bad version as long as it is
deployed: they fail until the breaker opens, and then wait behind their gates.

| advisory | nodes in its closing report | left | differs from the truth |
|---|---|---|---|
${rows(closed.map(({ id, nodes, left, differences }) => [id, count(nodes), left, differences.length]))}

| alarm | fired | first |
|---|---|---|
${rows([...Map.groupBy(rang, ({ alarm }) => alarm)].map(([alarm, own]) => [alarm, own.length, dayOf(own[0]?.at ?? 0)]))}

The largest item in the ledger has ${count(result.largestRecord / 1_000)} KB, of the 400 KB that DynamoDB takes.

## What it costs

By the price table of [costs](../use/costs.md). Passes that were left out are counted as passes of a
quiet time, played at the end.

| item | amount | dollars |
|---|---|---|
${rows(
  prices
    .filter(({ item }) => result.usage[item] !== undefined)
    .map(({ item, dollars, per }) => {
      const amount = result.usage[item] ?? 0;
      return [item, count(amount), `$${((amount * dollars) / per).toFixed(2)}`];
    }),
)}
| **total** | | **$${dollarsOf(result.usage).toFixed(2)}** |
`);
}
