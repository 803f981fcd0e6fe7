import * as v from 'valibot';
import type { AuditEvent } from '../explain/story.ts';
import type { Report } from './schema.ts';

const ChangeSchema = v.object({
  cluster: v.string(),
  pool: v.string(),
  version: v.string(),
  failed: v.optional(v.number()),
  passed: v.optional(v.number()),
  actor: v.optional(v.object({ kind: v.string() })),
});

const changes = { 'Breaker Opened': 'opened', 'Breaker Closed': 'closed' } as const;

/** The changes of breakers among events, the latest first. */
export function breakerHistory(events: readonly AuditEvent[]): Report['breakers'] {
  const found = events.flatMap(({ time, type, detail }) => {
    const parsed = v.safeParse(ChangeSchema, detail);
    if (!(type in changes) || !parsed.success) return [];
    const { cluster, pool, version, failed, passed = 0, actor } = parsed.output;
    const change = changes[type as keyof typeof changes];
    const closer = actor?.kind === 'operator' ? 'by hand' : 'after a release';
    const because = failed === undefined ? closer : `${failed} of ${failed + passed} failed`;
    return [{ at: time, change, cluster, pool, version, because }];
  });
  return found.toSorted((one, other) => (one.at < other.at ? 1 : -1));
}
