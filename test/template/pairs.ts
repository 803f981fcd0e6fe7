/** A pair of names; one is absent if there is no match. */
export interface Pair {
  readonly before?: string;
  readonly after?: string;
}

/** The similarity of two texts, from 0 to 1: the share of three-character pieces that both have. */
function likenessOf(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let both = 0;
  for (const piece of one) if (other.has(piece)) both++;
  return one.size + other.size === 0 ? 1 : (2 * both) / (one.size + other.size);
}

function piecesOf(text: string): Set<string> {
  return new Set(Array.from({ length: Math.max(0, text.length - 2) }, (_, at) => text.slice(at, at + 3)));
}

/**
 * Matches the members of one object with those of another, although some have a new name: first by name, then by the
 * similarity of name and content, the closest first.
 *
 * @param about what else distinguishes members of an object
 */
export function pairMembers(
  before: object,
  after: object,
  about: (all: object, name: string) => string = () => '',
): readonly Pair[] {
  const same = Object.keys(before).filter((name) => Object.hasOwn(after, name));
  const describe = (all: object) =>
    Object.entries(all)
      .filter(([name]) => !same.includes(name))
      .map(([name, value]) => {
        const text = `${name} ${JSON.stringify(value)} ${about(all, name)}`;
        return { name, pieces: piecesOf(text.replaceAll(/[0-9A-Fa-f]{8,}/g, '')), kind: kindOf(value) };
      });
  const left = describe(before);
  const right = describe(after);
  const close = left
    .flatMap((one) =>
      right
        .filter(({ kind }) => kind === one.kind)
        .map((other) => ({ before: one.name, after: other.name, likeness: likenessOf(one.pieces, other.pieces) })),
    )
    .toSorted((one, other) => other.likeness - one.likeness);
  const pairs: Pair[] = same.map((name) => ({ before: name, after: name }));
  const taken = { before: new Set<string>(), after: new Set<string>() };
  for (const { before: one, after: other } of close) {
    if (taken.before.has(one) || taken.after.has(other)) continue;
    taken.before.add(one);
    taken.after.add(other);
    pairs.push({ before: one, after: other });
  }
  return [
    ...pairs,
    ...left.filter(({ name }) => !taken.before.has(name)).map(({ name }) => ({ before: name })),
    ...right.filter(({ name }) => !taken.after.has(name)).map(({ name }) => ({ after: name })),
  ];
}

/**
 * Matches the resources of two templates. Similar resources of one type differ by their references: roles by what
 * refers to them, alarms by what they refer to. The second round uses the new names of those.
 */
export function pairResources(before: object, after: object): readonly Pair[] {
  const names = new Map(pairByReferrers(before, after).map((pair) => [pair.before, pair.after]));
  const rename = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value).replaceAll(/"(\w+)"/g, (quoted, name: string) => {
        const renamed = names.get(name);
        return renamed === undefined ? quoted : JSON.stringify(renamed);
      }),
    );
  const renamed = Object.fromEntries(Object.entries(before).map(([name, value]) => [name, rename(value)]));
  return pairByReferrers(renamed, after, (name) => names.get(name) ?? name);
}

function pairByReferrers(before: object, after: object, nameNow = (name: string) => name): readonly Pair[] {
  return pairMembers(before, after, (all, name) =>
    Object.entries(all)
      .map(([other, value]) => `${other} ${JSON.stringify(value)}`)
      .filter((text) => text.includes(`"${nameNow(name)}"`))
      .join(' '),
  );
}

/** Matches the items of two lists whose order has no meaning. */
export function pairItems(before: readonly unknown[], after: readonly unknown[]): readonly [unknown, unknown][] {
  const named = (list: readonly unknown[], side: string) =>
    Object.fromEntries(list.map((item, at) => [`${side}${at}`, item]));
  const [left, right] = [named(before, '<'), named(after, '>')];
  return pairMembers(left, right).map((pair) => [left[pair.before ?? ''], right[pair.after ?? '']]);
}

/** What a value must share with another to match: the type of a resource or state, otherwise the kind of JSON. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'object' || value === null) return typeof value;
  return String(Reflect.get(value, 'Type') ?? 'object');
}
