import * as v from 'valibot';

/** A version in the catalogue. */
export const VersionSchema = v.pipe(
  v.string('a version in quotes, or YAML reads it as a number'),
  v.regex(/^[0-9]+(\.[0-9]+)*$/, 'numbers with dots between them, for instance 5.6'),
);

/** Whether a version is older than another. Both are numbers separated by dots; a missing number counts as 0. */
export function isOlder(version: string, than: string): boolean {
  const [one, other] = [version, than].map((text) => text.split('.').map(Number));
  for (let at = 0; at < Math.max(one?.length ?? 0, other?.length ?? 0); at++) {
    const difference = (one?.[at] ?? 0) - (other?.[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
