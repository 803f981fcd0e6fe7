import { type BackOff, jitteredPause } from '../../domain/back-off.ts';
import {
  type Breaker,
  type BreakerLimits,
  countFailure,
  isOpen,
  isOverLimits,
  isUnpublished,
  type Scope,
  scopeOf,
} from '../../domain/breaker.ts';
import type { DispositionDecision } from '../../domain/disposition.ts';
import type { FailureRules } from '../../domain/function-settings.ts';
import { runId } from '../../domain/ledger.ts';
import { policyOf, profilesOf } from '../../domain/pools.ts';
import { addFailure, breakerOf, dropProbe, openBreaker, recordOpeningPublished } from '../adapters/breakers.ts';
import { tryPublish } from '../adapters/bus.ts';
import { instancesOf } from '../adapters/instances.ts';
import { recordDisposition } from '../adapters/ledger.ts';
import { emit, emitEnd } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { decideDisposition, isEvidence } from './decide.ts';
import { hasHadItsTime, isGone, isNode } from './guards.ts';
import { Refused, type Run } from './refused.ts';

/**
 * How often counting a failure is retried if the breaker changed in the meantime: many nodes of a pool may fail at
 * once.
 */
const races = 30;

/** The pauses between those counts. */
const racePauses: BackOff = { firstMs: 50, longestMs: 800 };

/**
 * Counts the failure of a node, decides what happens to it, and records that. An instance that is gone has not failed,
 * whatever its last error was: its event may have been lost.
 *
 * @throws Refused if the run record has no failure, or has an end
 */
export async function handleFailure(run: Run, rules: FailureRules): Promise<DispositionDecision> {
  const { launch, request, failure, outcome } = run;
  if (failure === undefined) throw new Refused('the run has not failed');
  if (outcome !== undefined) throw new Refused(`the run has ended: ${outcome}`);
  const scope = scopeOf(launch, request);
  const id = runId(launch);
  const [instance] = await instancesOf([launch.instanceId]);
  const gone = isGone(launch, instance);
  // The failure of a node that was never tried is no evidence against the version, and that of an instance that is not
  // a node is no evidence against the pool.
  const stranger = profilesOf(rules, launch.cluster, launch.pool) !== undefined && !isNode(launch, instance, rules);
  const counts = !gone && !stranger && isEvidence(failure.outcome, request);
  const breaker = counts ? await count(scope, id, rules.breaker) : await breakerOf(scope);
  if (isOpen(breaker)) await dropProbe(scope, id);
  if (gone) {
    const detail = `the instance is ${instance?.state ?? 'unknown to EC2'}; before that: ${failure.outcome}: ${failure.detail}`;
    emitEnd({ ...launch, outcome: 'instance-gone' });
    return { disposition: 'discard', failure: { outcome: 'instance-gone', detail } };
  }
  // A node that was released is never terminated, because pods run there, unless a rollout gave them their time.
  const own = launch.rerun?.released ? 'quarantine' : policyOf(rules, launch.pool).onFailure;
  const onFailure = hasHadItsTime(run) ? 'replace' : own;
  const failures = breaker?.failed.length ?? 0;
  const disposition = decideDisposition({ outcome: failure.outcome, onFailure, open: isOpen(breaker), failures });
  await recordDisposition(launch, disposition);
  emitEnd({ ...launch, outcome: failure.outcome });
  return { disposition, failure };
}

/** Counts a failure, and opens the breaker if it is over its limits. The call that opens it publishes that, once. */
async function count(scope: Scope, launch: string, limits: BreakerLimits): Promise<Breaker | undefined> {
  for (let race = 0; race < races; race++) {
    const at = new Date().toISOString();
    const over = await breakerOf(scope);
    const how = countFailure(over, Date.parse(at), limits);
    if (how === 'none') {
      if (over !== undefined && isUnpublished(over, launch, Date.parse(at)))
        await publishOpening(scope, over, over.openedAt ?? at);
      return over;
    }
    const counted = await addFailure(scope, launch, { over, start: how === 'start', at });
    if (counted === undefined) {
      await systemTime.sleep(jitteredPause(racePauses, race, systemTime.random()));
      continue;
    }
    if (!isOverLimits(counted, limits)) return counted;
    if (await openBreaker(scope, counted.windowStart ?? at, at)) await publishOpening(scope, counted, at);
    return { ...counted, state: 'open' };
  }
  throw new Error(
    `the breaker of ${scope.pool} and ${scope.version} changed ${races} times while a failure was counted`,
  );
}

/**
 * Publishes that the breaker is open, and records that last. If the bus refuses it or the call dies before, the next
 * call for this launch or the next failure publishes it.
 */
async function publishOpening(scope: Scope, { failed, passed }: Breaker, at: string): Promise<void> {
  const { cluster, pool, version } = scope;
  const detail = { at, next: 'breaker-closes', cluster, pool, version, failed: failed.length, passed } as const;
  emit({ name: 'BreakersOpen', dimensions: { cluster: scope.cluster }, value: 1 });
  if (await tryPublish([{ type: 'Breaker Opened', detail }])) await recordOpeningPublished(scope, at);
}
