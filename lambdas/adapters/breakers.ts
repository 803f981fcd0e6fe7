import { type Breaker, breakerKey, type Scope } from '../../domain/breaker.ts';
import { readItems, updateItem } from './table.ts';

/** How long a breaker is kept after its last change, in seconds. */
const keptSeconds = 90 * 24 * 3_600;

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
  const sameWindow =
    over?.windowStart === undefined ? 'attribute_not_exists(#windowStart)' : '#windowStart = :wasStart';
  const closed = '(attribute_not_exists(#state) OR #state = :closed)';
  const row = await updateItem(breakerKey(scope), {
    condition: `${sameWindow} AND ${closed}`,
    fields: {
      cluster: scope.cluster,
      pool: scope.pool,
      version: scope.version,
      expiresAt: Math.floor(Date.parse(at) / 1000) + keptSeconds,
      ...(start ? { windowStart: at, failed: new Set([launch]), passed: 0, openedAt: undefined } : {}),
    },
    ...(start ? {} : { add: { failed: new Set([launch]) } }),
    values: { ':closed': 'closed', ...(over?.windowStart === undefined ? {} : { ':wasStart': over.windowStart }) },
  });
  return row && read(row);
}

/** Opens a breaker. @returns whether it was this call that opened it */
export async function openBreaker(scope: Scope, windowStart: string, at: string): Promise<boolean> {
  const row = await updateItem(breakerKey(scope), {
    condition: '#windowStart = :start AND (attribute_not_exists(#state) OR #state = :closed)',
    fields: { state: 'open', openedAt: at, publishedAt: undefined },
    values: { ':start': windowStart, ':closed': 'closed' },
  });
  return row !== undefined;
}

/** Records that the opening was published. */
export async function recordOpeningPublished(scope: Scope, at: string): Promise<void> {
  await updateItem(breakerKey(scope), {
    condition: '#state = :open AND attribute_not_exists(#publishedAt)',
    fields: { publishedAt: at },
    values: { ':open': 'open' },
  });
}

/**
 * Makes a launch the probe of an open breaker.
 *
 * @returns whether it is the probe now; false if another launch is, or the breaker is no longer open
 */
export async function takeProbe(scope: Scope, launch: string, until: string, at: string): Promise<boolean> {
  const free = 'attribute_not_exists(#probe) OR #probeUntil < :now';
  const row = await updateItem(breakerKey(scope), {
    condition: `#state = :open AND (${free})`,
    fields: { probe: launch, probeUntil: until },
    values: { ':open': 'open', ':now': at },
  });
  return row !== undefined;
}

/** Ends a launch's time as the probe, if it is the probe. */
export async function dropProbe(scope: Scope, launch: string): Promise<void> {
  await updateItem(breakerKey(scope), {
    condition: '#probe = :launch',
    fields: { probe: undefined, probeUntil: undefined },
    values: { ':launch': launch },
  });
}

function read(row: Readonly<Record<string, unknown>>): Breaker {
  const { state, openedAt, publishedAt, windowStart, failed, passed, probe, probeUntil } = row as Omit<
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
