import * as v from 'valibot';

/** A valid point in time, ISO 8601 with an offset. `2026-13-01T00:00:00Z` has the form but is not valid. */
export const TimeSchema = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.check((text) => !Number.isNaN(Date.parse(text)), 'a point in time'),
);

/** Whether a text is a point in time in ISO 8601. */
export function isTime(text: string): boolean {
  return v.is(TimeSchema, text);
}
