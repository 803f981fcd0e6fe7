import * as v from 'valibot';
import type { RunRecord } from '../../domain/ledger.ts';
import { type ActName, operatorActs } from '../../domain/operator-acts.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';

/** How an act went for one launch. */
const ActedSchema = v.strictObject({
  instanceId: v.string(),
  nodeName: v.string(),
  cluster: v.string(),
  pool: v.string(),
  /**
   * `planned`: only with `--dry-run`. `refused`: nothing was done, and the detail has the reason. `requested`: the run begins within minutes. `done`: it was done, or
   * the run released the node. `failed`: the run or the document ended badly.
   */
  result: v.picklist(['planned', 'refused', 'requested', 'done', 'failed']),
  /** The outcome of the run or of the document; empty if none has ended. */
  outcome: v.string(),
  detail: v.string(),
  /** What was not proven, of a node that was released by hand. */
  notProven: v.array(v.string()),
  /** Pods that stay on the node, by namespace and name. */
  pods: v.array(v.string()),
});

/** How an act went for one launch. */
export type Acted = v.InferOutput<typeof ActedSchema>;

/** What a command that acts prints with `--json`. */
export const ActReportSchema = v.strictObject({
  version: v.literal(1),
  act: v.picklist(operatorActs),
  launches: v.array(ActedSchema),
});

/** What `airlock uninstall` prints with `--json`. */
export const UninstallReportSchema = v.strictObject({
  ...ActReportSchema.entries,
  /** What became of the stack. `untouched` without `--all`; `kept`: a node is not done. */
  stack: v.picklist(['untouched', 'planned', 'kept', 'deleted']),
  /** What stays after everything, and how it is removed. */
  left: v.array(v.string()),
});

/** How an act went for the launch of a run. */
export function actedOn(
  { instanceId, cluster, pool, launch }: RunRecord,
  result: Acted['result'],
  detail: string,
): Acted {
  const nodeName = launch?.nodeName ?? '';
  return { instanceId, nodeName, cluster, pool, result, outcome: '', detail, notProven: [], pods: [] };
}

/** Prints how an act went for its launches, for people or as JSON, and returns the exit code. */
export function reportActs(act: ActName, launches: readonly Acted[], json: boolean): ExitCode {
  if (json) printJson(ActReportSchema, { version: 1, act, launches: [...launches] });
  else launches.forEach(printActed);
  return exitCodeOf(launches);
}

/** The exit code: everything was done, or something was refused or failed. */
export function exitCodeOf(launches: readonly Acted[]): ExitCode {
  const isFine = launches.every(({ result }) => result !== 'refused' && result !== 'failed');
  return isFine ? exitCodes.fine : exitCodes.findings;
}

/** Prints how an act went for people, a paragraph for each launch. */
export function printActed({ instanceId, nodeName, result, outcome, detail, notProven, pods }: Acted): void {
  const width = outputWidth();
  const colour = result === 'refused' || result === 'failed' ? 'yellow' : 'green';
  const ended = outcome === '' ? result : `${result}: ${outcome}`;
  print(wrap(`${styled(colour, ended)}  ${instanceId}  ${nodeName}`, width));
  if (detail !== '') print(wrap(detail, width, 2));
  for (const one of notProven) print(wrap(`not proven: ${one}`, width, 2));
  if (pods.length > 0) print(wrap(`pods on the node: ${listed(pods)}`, width, 2));
}

/** The first names of a list, and how many more there are. */
export function listed(names: readonly string[], most = 5): string {
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return `${names.slice(0, most).join(', ')}${more}`;
}
