import * as v from 'valibot';

/** A point in time, ISO 8601 with its offset, that is one: `2026-13-01T00:00:00Z` has the form and is none. */
export const TimeSchema = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.check((text) => !Number.isNaN(Date.parse(text)), 'a point in time'),
);

/** Whether a text is a point in time in ISO 8601. */
export function isTime(text: string): boolean {
  return v.is(TimeSchema, text);
}
