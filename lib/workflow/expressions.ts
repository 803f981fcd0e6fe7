import { breakerKey } from '../../domain/breaker.ts';
import { claimLimit } from '../../domain/claim-text.ts';
import type { DetailType } from '../../domain/events.ts';
import type { Ending } from '../../domain/ledger.ts';
import { endingOf, outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';

/** An expression, on one line as every tool takes it. */
export function expression(text: string): string {
  return `{% ${text.replace(/\s*\n\s*/g, ' ').trim()} %}`;
}

/** The type of an event, as an expression that gives it. */
export function typed(type: DetailType): string {
  return JSON.stringify(type);
}

const failed = outcomeCodes.filter((code) => endingOf(code) !== 'done');
/** The outcomes after which a launch is discarded. */
export const discarded = failed.filter((code) => endingOf(code) === 'discard');

/** The outcomes that are final at once. */
export const final = failed.filter((code) => outcomeOf(code).consequence.next !== 'retry');

/** The key of a breaker's row, as `breakerKey` in domain/breaker.ts makes it. */
const breakerOf = breakerKey({ cluster: '<cluster>', pool: '<pool>', version: '<version>' });
/** The partition key of the row of a node's breaker. */
export const breakerPartition = expression(
  JSON.stringify(breakerOf.instanceId)
    .replace('<cluster>', '" & $launch.cluster & "')
    .replace('<pool>', '" & $launch.pool & "')
    .replace('<version>', '" & $request.runtime & "@" & $request.version & "'),
);
/** The sort key of the row of every breaker. */
export const breakerSortKey = breakerOf.launchedAt;

/** The name of the execution that evaluates it. */
const me = '$states.context.Execution.Name';
/** Whether the row, as the reread state has it in `$run`, was refused, and this execution is the one that says so. */
export const isRefused = expression(`$run.execution.S = ${me} and $exists($run.refused) and $exists($run.launch)`);
/** Whether the row is past its deadline, and this execution is the one that reconcile noted to end it. */
export const isStranded = expression(
  `$run.endExecution.S = ${me} and ($exists($run.launch) ? $toMillis($parse($run.launch.S).deadline) < $millis() : false)`,
);
/** Whether an earlier launch of the instance was admitted, and this execution is that of the new one. */
export const isRelaunched = expression(
  `$run.execution.S = ${me} and $exists($run.relaunched) and $exists($run.request) and $exists($run.launch)`,
);
/** Whether the row, of whoever it is, has an end. */
export const hasEnd = expression(`($run.execution.S = ${me} or $run.endExecution.S = ${me}) and $exists($run.outcome)`);

/**
 * How many attempts of a state came before this one. An operator may redrive an execution, which counts its retries again; no state here retries a
 * hundred times.
 */
export const attemptNumber = expression(
  '$sum([$states.context.Execution.RedriveCount * 100, $states.context.State.RetryCount])',
);

/**
 * The message in the cause of a function's error, with its quotes. The backslash is written as `\x5c`: JSONata takes a bracket after one for an escaped
 * bracket.
 */
const functionMessage = String.raw`/^\s*\{\s*(?:"errorType"\s*:\s*"[^\x5c"\x00-\x1f]*"\s*,\s*)?"errorMessage"\s*:\s*("[^\x5c"\x00-\x1f]*(?:\x5c(?:[\x5c"\/bfnrt]|u[0-9a-fA-F]{4})[^\x5c"\x00-\x1f]*)*")/`;

/** What a cause says, in printable characters and cut to a length: a part of it may come from a node. */
const shownCause = `$said := $replace($substring($said, 0, ${claimLimit}), /[^ -~]/, "?");`;

/** What an answer to a token, or a service, gives as the cause: text, whatever it looks like. */
const causeOfAnswer = `$said := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : ""; ${shownCause}`;

/**
 * What the error of a function says. Its cause is JSON with the message in it, unless Lambda itself writes the cause, or Step Functions cuts it: so nothing
 * is parsed but a text in quotes that is whole, and any other cause stands for itself.
 */
const causeOfFunction = `$cause := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : "";
    $quoted := $match($cause, ${functionMessage}, 1)[0].groups[0];
    $said := $exists($quoted) ? $parse($quoted) : $cause; ${shownCause}`;

/**
 * Puts an error and its cause into the words of a failure; what is no outcome is an error of ours.
 *
 * @param from who gives the cause: the error of a function, or whoever answers a token
 */
export function failureFrom(step: string, from: 'function' | 'answer'): string {
  return expression(`(
    $error := $states.errorOutput.Error;
    ${from === 'function' ? causeOfFunction : causeOfAnswer}
    $known := $error in ${JSON.stringify(failed)};
    $late := $error = "States.Timeout";
    {
      "outcome": $known ? $error : $late ? "deadline-passed" : "internal-error",
      "detail": $known ? $said : "in ${step}: " & $error & ": " & $said
    }
  )`);
}

/** The failure, and that the command was not seen to end: an agent that is silent does not say so. */
export const withoutEnd = expression(`(
    ${causeOfFunction}
    $merge([$failure, {"detail": $failure.detail & "; the end of its command was not seen: " & $said}])
  )`);

/** The type of an event, as an expression that gives it: another one if the node had been released in this launch before. */
export function unlessReleased(type: string, otherwise: DetailType): string {
  return `($exists($launch.rerun) and $launch.rerun.released ? "${otherwise}" : ${type})`;
}

/** The receipt with why the node was not replaced after all, in an expression. */
export function notReplaced(reason: string): string {
  return `$merge([$receipt, {"detail": $receipt.detail & "; not replaced: " & ${reason}}])`;
}

/** The event that tells of each ending that is a failure. */
const failureTypes = {
  quarantined: 'Node Quarantined',
  replaced: 'Node Replaced',
  held: 'Node Held',
} as const satisfies Partial<Record<Ending, DetailType>>;
/** The type of the event of a failure, by its ending. */
export const failureType = expression(
  unlessReleased(`$lookup(${JSON.stringify(failureTypes)}, $ending)`, 'Reverification Failed'),
);

/** The receipt of a node that no cluster function wrote one for. */
export const plainReceipt = expression(`$merge([
    {"version": 2, "outcome": $failure.outcome, "detail": $failure.detail, "endedAt": $now(), "totalMs": $floor($millis() - $toMillis($launch.launchedAt))},
    $sift($launch, function($value, $key) { $key in ["instanceId", "launchedAt", "cluster", "pool", "nodeName"] })
  ])`);
