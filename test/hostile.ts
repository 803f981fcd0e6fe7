import fc from 'fast-check';

/** How many times a property is tried. */
export const runs = { numRuns: 10_000 };

/** Text from an author who wants to break its reader. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '',
    '{"errorMessage":',
    '{"errorMessage":"released"}',
    '\u001b[2J\u001b[31m',
    '\u202e\u2066evil\u2069',
    '__proto__',
    '{% $states %}',
    '$(reboot)\n`id`',
    '\ud83d',
    'null',
    '1e999',
    'x'.repeat(5_000),
    '\u0000'.repeat(3_000),
  ),
);

/** A value of any kind, hostile texts included. */
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom(undefined, null, [], {}, Number.MAX_SAFE_INTEGER, -1, true) },
);

/** A valid object in which up to three leaves are replaced. */
export function nearly(good: object): fc.Arbitrary<object> {
  const paths = pathsIn(good);
  const change = fc.tuple(fc.constantFrom(...paths), hostileValue);
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = structuredClone(good);
    for (const [path, value] of changes) put(copy, path, value);
    return copy;
  });
}

function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, one]) => pathsIn(one, [...path, key]));
}

function put(object: object, path: readonly string[], value: unknown): void {
  let at = object as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    if (typeof next !== 'object' || next === null) return;
    at = next as Record<string, unknown>;
  }
  at[path.at(-1) ?? ''] = value;
}

/** The parts of our value that are not bounded or not printable: each text, and each key. */
export function unfit(value: unknown, limit = 2_000): readonly string[] {
  if (typeof value === 'string') return value.length <= limit && /^[ -~]*$/.test(value) ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [...unfit(key, limit), ...unfit(one, limit)]);
}
