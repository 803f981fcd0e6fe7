import { breakerKey } from '../../domain/breaker.ts';
import { claimLimit } from '../../domain/claim-text.ts';
import type { DetailType } from '../../domain/event-schema.ts';
import type { Ending } from '../../domain/ledger.ts';
import type { NextStep } from '../../domain/next-steps.ts';
import { endingOf, outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';

/** A JSONata expression, on one line, which every tool accepts. */
export function expression(text: string): string {
  return `{% ${text.replace(/\s*\n\s*/g, ' ').trim()} %}`;
}

/** An event type, as a JSONata expression. */
export function typed(type: DetailType): string {
  return JSON.stringify(type);
}

const failed = outcomeCodes.filter((code) => endingOf(code) !== 'done');
/** The outcomes after which a launch is discarded. */
export const discarded = failed.filter((code) => endingOf(code) === 'discard');

/** The outcomes that are final at once. */
export const final = failed.filter((code) => outcomeOf(code).consequence.next !== 'retry');

/** The key of a breaker's record, made by `breakerKey` in domain/breaker.ts. */
const breakerOf = breakerKey({ cluster: '<cluster>', pool: '<pool>', version: '<version>' });
/** The partition key of the record of a node's breaker. */
export const breakerPartition = expression(
  JSON.stringify(breakerOf.instanceId)
    .replace('<cluster>', '" & $launch.cluster & "')
    .replace('<pool>', '" & $launch.pool & "')
    .replace('<version>', '" & $request.runtime & "@" & $request.version & "'),
);
/** The sort key of every breaker record. */
export const breakerSortKey = breakerOf.launchedAt;

/** The name of the current execution. */
const me = '$states.context.Execution.Name';
/** Whether the record that Reread stored in `$run` was refused and this execution reports it. */
export const isRefused = expression(`$run.execution.S = ${me} and $exists($run.refused) and $exists($run.launch)`);
/** Whether the record is past its deadline and reconcile chose this execution to end it. */
export const isStranded = expression(
  `$run.endExecution.S = ${me} and ($exists($run.launch) ? $toMillis($parse($run.launch.S).deadline) < $millis() : false)`,
);
/** Whether an earlier launch of the instance was admitted and this execution belongs to the new launch. */
export const isRelaunched = expression(
  `$run.execution.S = ${me} and $exists($run.relaunched) and $exists($run.request) and $exists($run.launch)`,
);
/** Whether the record, for a run or for its end, already has an end. */
export const hasEnd = expression(`($run.execution.S = ${me} or $run.endExecution.S = ${me}) and $exists($run.outcome)`);

/**
 * How many attempts of a state came before this one. An operator may redrive an execution, which resets its retry
 * count. No state retries a hundred times.
 */
export const attemptNumber = expression(
  '$sum([$states.context.Execution.RedriveCount * 100, $states.context.State.RetryCount])',
);

/**
 * The message in the cause of a function's error, with its quotes. The backslash is written as `\x5c` because JSONata
 * reads a bracket after a backslash as an escaped bracket.
 */
const functionMessage = String.raw`/^\s*\{\s*(?:"errorType"\s*:\s*"[^\x5c"\x00-\x1f]*"\s*,\s*)?"errorMessage"\s*:\s*("[^\x5c"\x00-\x1f]*(?:\x5c(?:[\x5c"\/bfnrt]|u[0-9a-fA-F]{4})[^\x5c"\x00-\x1f]*)*")/`;

/** The text of a cause in printable characters, cut to a length: part of it may come from a node. */
const shownCause = `$said := $replace($substring($said, 0, ${claimLimit}), /[^ -~]/, "?");`;

/** The cause that a token's answer or a service gives: plain text, whatever it looks like. */
const causeOfAnswer = `$said := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : ""; ${shownCause}`;

/**
 * The message of a function's error. Its cause is JSON with a message, unless Lambda writes the cause or Step Functions
 * cuts it. Only a complete quoted text is parsed; any other cause is used as it is.
 */
const causeOfFunction = `$cause := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : "";
    $quoted := $match($cause, ${functionMessage}, 1)[0].groups[0];
    $said := $exists($quoted) ? $parse($quoted) : $cause; ${shownCause}`;

/**
 * Turns an error and its cause into a failure. An error that is not an outcome is a bug in Airlock.
 *
 * @param from the source of the cause: a function's error, or an answer to a token
 */
export function failureFrom(step: string, from: 'function' | 'answer'): string {
  return expression(`(
    $error := $states.errorOutput.Error;
    ${from === 'function' ? causeOfFunction : causeOfAnswer}
    $known := $error in ${JSON.stringify(failed)};
    $late := $error = "States.Timeout";
    {
      "outcome": $known ? $error : $late ? "deadline-passed" : "internal-error",
      "detail": $known ? $said : $late ? "the step ${step} did not end in time" : "in ${step}: " & $error & ": " & $said
    }
  )`);
}

/** The failure, with a note that the command was not seen to end: a silent agent reports nothing. */
export const withoutEnd = expression(`(
    ${causeOfFunction}
    $merge([$failure, {"detail": $failure.detail & "; the end of its command was not seen: " & $said}])
  )`);

/** The same, if the function saw the command run until the last call. */
export const stillRunning = expression(
  '$merge([$failure, {"detail": $failure.detail & "; the end of its command was not seen: " & $cancelled.what}])',
);

/** The type of an event, as an expression: another type if the node had been released before in this launch. */
export function unlessReleased(type: string, otherwise: DetailType): string {
  return `($exists($launch.rerun) and $launch.rerun.released ? "${otherwise}" : ${type})`;
}

/** The receipt with the reason for which the node was not replaced, as an expression. */
export function notReplaced(reason: string): string {
  return `$merge([$receipt, {"detail": $receipt.detail & "; not replaced: " & ${reason}}])`;
}

/** The event that reports each failed ending. */
const failureTypes = {
  quarantined: 'Node Quarantined',
  replaced: 'Node Replaced',
  held: 'Node Held',
} as const satisfies Partial<Record<Ending, DetailType>>;
/** The event type of a failure, by its ending. */
export const failureType = unlessReleased(`$lookup(${JSON.stringify(failureTypes)}, $ending)`, 'Reverification Failed');

/** What follows a failed ending, by the ending. */
const stepsAfter = {
  quarantined: 'operator',
  replaced: 'substitute',
  held: 'breaker-closes',
} as const satisfies Partial<Record<Ending, NextStep>>;
/** What follows a failure, by its ending. */
export const nextAfterFailure = `$lookup(${JSON.stringify(stepsAfter)}, $ending)`;

/** What became of the launch hook after a call to continue it. */
export const hookKept = '{% $states.result.Payload.kept ? "CONTINUE" : "none" %}';

/** The receipt of a node for which no cluster function wrote one. */
export const plainReceipt = expression(`$merge([
    {"version": 2, "outcome": $failure.outcome, "detail": $failure.detail, "endedAt": $now(), "totalMs": $floor($millis() - $toMillis($launch.launchedAt))},
    $sift($launch, function($value, $key) { $key in ["instanceId", "launchedAt", "cluster", "pool", "nodeName"] })
  ])`);
