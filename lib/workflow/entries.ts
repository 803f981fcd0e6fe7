import { eventSchemaVersion } from '../../domain/event-schema.ts';
import { source } from '../../domain/events.ts';
import type { NextStep } from '../../domain/next-steps.ts';
import { typed } from './expressions.ts';

/** What became of the launch hook: it was completed with this result, or not at all. */
export type HookResult = 'CONTINUE' | 'ABANDON' | 'none';

/** The fields of every event that the workflow publishes, as the inside of an object. */
const stamp = `"schema": ${eventSchemaVersion}, "actor": {"kind": "workflow", "name": $states.context.Execution.Id}`;

/** The fields that identify the launch, as an expression: what `launchRef` in domain/events.ts picks. */
const launchFields = `$sift($launch, function($value, $key) {
    $key in ["instanceId", "launchedAt", "cluster", "pool", "nodeName", "imageId"]
  }), {"run": $exists($launch.rerun) ? $launch.rerun.attempt : 0}`;

/** One entry for the bus, as an expression. */
function entry(eventBus: string, type: string, detail: string): string {
  return `{"EventBusName": "${eventBus}", "Source": "${source}", "DetailType": ${type}, "Detail": ${detail}}`;
}

function next(step: NextStep): string {
  return `"next": "${step}"`;
}

/**
 * The entry for the end of a run.
 *
 * @param type the event's type, as an expression
 * @param step what happens next, as an expression
 */
export function endEntry(eventBus: string, type: string, step: string): string {
  const more = `{${stamp}, "at": $receipt.endedAt, "next": ${step}, "tookMs": $receipt.totalMs}`;
  return entry(eventBus, type, `$merge([${launchFields}, $receipt, ${more}])`);
}

/** The entry for the proof pod; nothing if the proof was another. */
export function podEntry(eventBus: string): string {
  const pod = `$sift($receipt.proof, function($value, $key) { $key in ["pod", "runtimeClass", "image"] })`;
  const more = `{${stamp}, "at": $receipt.endedAt, ${next('schedule')}, "tookMs": $receipt.proof.ms}`;
  const detail = `$merge([${launchFields}, ${pod}, ${more}])`;
  return `$receipt.proof.kind = "pod" ? ${entry(eventBus, typed('Proof Pod Ran'), detail)}`;
}

/** The entry for the launch hook; nothing if it was not completed. */
export function hookEntry(eventBus: string): string {
  const more = `{
    ${stamp}, "at": $now(), "next": $hookResult = "ABANDON" ? "${'terminate' satisfies NextStep}" : "${'nothing' satisfies NextStep}",
    "tookMs": $max([0, $floor($millis() - $toMillis($launch.launchedAt))]),
    "hook": $launch.hook.name, "group": $launch.hook.group, "result": $hookResult
  }`;
  const detail = `$merge([${launchFields}, ${more}])`;
  return `$hookResult != "none" ? ${entry(eventBus, typed('Launch Hook Completed'), detail)}`;
}

/** The entry for a breaker that the release closed; nothing if it did not. */
export function breakerEntry(eventBus: string): string {
  const detail = `{
    ${stamp}, "at": $receipt.endedAt, ${next('retry')},
    "cluster": $launch.cluster, "pool": $launch.pool, "version": $request.runtime & "@" & $request.version
  }`;
  return `$closed ? ${entry(eventBus, typed('Breaker Closed'), detail)}`;
}
