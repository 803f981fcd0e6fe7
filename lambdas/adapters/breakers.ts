import { type Breaker, breakerKey, type Scope } from '../../domain/breaker.ts';
import { breakerChanges } from '../../domain/breaker-changes.ts';
import { expiryOf } from '../../domain/ledger.ts';
import { readItems, updateItem } from './table.ts';

/** Reads breakers with strong consistency, by their partition key. A breaker that was never needed is absent. */
export async function breakersOf(scopes: readonly Scope[]): Promise<ReadonlyMap<string, Breaker>> {
  const items = await readItems(scopes.map(breakerKey));
  return new Map(items.map((item) => [String(item['instanceId']), read(item)]));
}

/** Reads one breaker. */
export async function breakerOf(scope: Scope): Promise<Breaker | undefined> {
  return (await breakersOf([scope])).get(breakerKey(scope).instanceId);
}

/**
 * Counts a failure in a window.
 *
 * @param over the breaker as it was read: the update succeeds only if its window and state have not changed
 * @returns the breaker with the failure, or undefined if it changed in the meantime
 */
export async function addFailure(
  scope: Scope,
  launch: string,
  { over, start, at }: { readonly over: Breaker | undefined; readonly start: boolean; readonly at: string },
): Promise<Breaker | undefined> {
  const wasStart = over?.windowStart;
  const values = { ...scope, failed: new Set([launch]), expiresAt: expiryOf(at) };
  const item = await (wasStart === undefined
    ? updateItem(breakerKey(scope), breakerChanges.startFirstWindow, { ...values, windowStart: at })
    : start
      ? updateItem(breakerKey(scope), breakerChanges.startNextWindow, { ...values, windowStart: at, wasStart })
      : updateItem(breakerKey(scope), breakerChanges.addFailure, { ...values, wasStart }));
  return item && read(item);
}

/** Opens a breaker. @returns whether it was this call that opened it */
export async function openBreaker(scope: Scope, windowStart: string, at: string): Promise<boolean> {
  const item = await updateItem(breakerKey(scope), breakerChanges.open, { windowStart, openedAt: at });
  return item !== undefined;
}

/** Records that the opening was published. */
export async function recordOpeningPublished(scope: Scope, at: string): Promise<void> {
  await updateItem(breakerKey(scope), breakerChanges.recordOpeningPublished, { publishedAt: at });
}

/**
 * Makes a launch the probe of an open breaker.
 *
 * @returns whether it is the probe now; false if another launch is, or the breaker is no longer open
 */
export async function takeProbe(scope: Scope, launch: string, until: string, at: string): Promise<boolean> {
  const values = { probe: launch, probeUntil: until, now: at };
  const item = await updateItem(breakerKey(scope), breakerChanges.takeProbe, values);
  return item !== undefined;
}

/** Ends a launch's time as the probe, if it is the probe. */
export async function dropProbe(scope: Scope, launch: string): Promise<void> {
  await updateItem(breakerKey(scope), breakerChanges.dropProbe, { probe: launch });
}

function read(item: Readonly<Record<string, unknown>>): Breaker {
  const { state, openedAt, publishedAt, windowStart, failed, passed, probe, probeUntil } = item as Omit<
    Partial<Breaker>,
    'failed'
  > & {
    failed?: Set<string>;
  };
  return {
    state,
    openedAt,
    publishedAt,
    windowStart,
    probe,
    probeUntil,
    failed: [...(failed ?? [])],
    passed: passed ?? 0,
  };
}
