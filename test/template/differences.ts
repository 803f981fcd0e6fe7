import { type Pair, pairItems, pairMembers, pairResources } from './pairs.ts';

/** How two templates differ. */
export interface Differences {
  /** Changes other than of names, descriptions and versions, one line each. */
  readonly structure: readonly string[];
  /** Each new name with its old one, and how often it occurs. */
  readonly names: ReadonlyMap<string, number>;
  readonly descriptions: number;
  readonly versions: number;
}

const descriptions = new Set(['Description', 'description', 'AlarmDescription', 'Comment', 'Metadata']);
/** The places where AWS reads its own word; a change there is a structural one. */
const fixed =
  /^(Action|NotAction|Effect|Principal|Service|Type|Runtime|Statistic|ComparisonOperator|Resource|.*Policy|.*Type)$/;
/** Objects whose keys are AWS's words, not ours. */
const conditions = /^(Condition|ErrorEquals)$/;
const hash = /[0-9a-f]{64}|(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])/g;
const version = /^\d+(\.\d+)*$/;

interface Found {
  readonly pairs: readonly Pair[];
  /** The later template's resource for that of the earlier one. */
  readonly resources: ReadonlyMap<string | undefined, string | undefined>;
  structure: string[];
  names: Map<string, number>;
  descriptions: number;
  versions: number;
}

/**
 * Compares two templates by structure.
 *
 * @param before the template of one assembly, parsed
 * @param after the other template
 * @returns names, descriptions and versions, separate from all other differences
 */
export function compareTemplates(before: unknown, after: unknown): Differences {
  const pairs = pairResources(resourcesOf(before), resourcesOf(after));
  const resources = new Map(pairs.map((pair) => [pair.before, pair.after]));
  const found: Found = { pairs, resources, structure: [], names: new Map(), descriptions: 0, versions: 0 };
  compare(found, [], before, after);
  const { structure, names, descriptions, versions } = found;
  return { structure, names, descriptions, versions };
}

function compare(found: Found, path: readonly string[], before: unknown, after: unknown): void {
  if (typeof before === 'string' && typeof after === 'string') compareTexts(found, path, before, after);
  else if (Array.isArray(before) && Array.isArray(after)) compareLists(found, path, before, after);
  else if (isObject(before) && isObject(after)) compareObjects(found, path, before, after);
  else if (before !== after) found.structure.push(lineOf(path, before, after));
}

function compareObjects(found: Found, path: readonly string[], before: object, after: object): void {
  const pairs = path.length === 1 && path[0] === 'Resources' ? found.pairs : pairMembers(before, after);
  for (const { before: one, after: other } of pairs) {
    const at = [...path, one ?? other ?? ''];
    const left = one === undefined ? undefined : Reflect.get(before, one);
    const right = other === undefined ? undefined : Reflect.get(after, other);
    if (descriptions.has(one ?? other ?? '')) {
      if (JSON.stringify(left) !== JSON.stringify(right)) found.descriptions++;
      continue;
    }
    if (one === undefined || other === undefined || (one !== other && conditions.test(path.at(-1) ?? ''))) {
      found.structure.push(lineOf(at, left, right));
      continue;
    }
    if (one !== other) addName(found, one, other);
    compare(found, at, left, right);
  }
}

function compareLists(found: Found, path: readonly string[], before: unknown[], after: unknown[]): void {
  if (isSet(path, before)) {
    for (const [one, other] of pairItems(before, after)) compare(found, path, one, other);
  } else if (before.length !== after.length) {
    found.structure.push(lineOf(path, before, after));
  } else {
    for (const [at, value] of before.entries()) compare(found, [...path, String(at)], value, after[at]);
  }
}

/** Whether a list's order has no meaning: a policy's statements, and lists of words, which are sorted by name. */
function isSet(path: readonly string[], list: readonly unknown[]): boolean {
  const key = path.at(-1) ?? '';
  if (key.startsWith('Fn::')) return false;
  return key === 'Statement' || list.every((item) => typeof item === 'string');
}

function compareTexts(found: Found, path: readonly string[], before: string, after: string): void {
  if (isReference(path) && found.resources.get(before) !== after && found.resources.has(before)) {
    found.structure.push(lineOf(path, before, after));
    return;
  }
  if (before === after) return;
  const [one, other] = [parsed(before), parsed(after)];
  if (one !== undefined && other !== undefined) {
    compare(found, path, one, other);
    return;
  }
  const key = path.findLast((part) => !version.test(part)) ?? '';
  if (before.replaceAll(hash, '') === after.replaceAll(hash, '')) found.versions++;
  else if (fixed.test(key) || /^[a-z0-9-]+:[A-Z*]/.test(before)) found.structure.push(lineOf(path, before, after));
  else if (version.test(before) && version.test(after)) found.structure.push(lineOf(path, before, after));
  else addName(found, before.replaceAll(hash, '…'), after.replaceAll(hash, '…'));
}

/** Whether a text is the name of a resource: it must then be the same resource, whatever its current name. */
function isReference(path: readonly string[]): boolean {
  const [last = '', beforeLast] = [path.at(-1), path.at(-2)];
  return (
    last === 'Ref' ||
    last === 'DependsOn' ||
    beforeLast === 'DependsOn' ||
    (last === '0' && beforeLast === 'Fn::GetAtt')
  );
}

function resourcesOf(template: unknown): object {
  const resources = isObject(template) ? Reflect.get(template, 'Resources') : undefined;
  return isObject(resources) ? resources : {};
}

/** A text of JSON, such as a state machine's definition or a document's content. */
function parsed(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function addName(found: Found, before: string, after: string): void {
  const [one, other] = changedPart(before, after);
  const name = [one, other].map((text) => cut(text.replaceAll(/\s+/g, ' '), 80)).join(' → ');
  found.names.set(name, (found.names.get(name) ?? 0) + 1);
}

/** The words in which two texts differ: without their common start and end, cut between words. */
function changedPart(before: string, after: string): readonly [string, string] {
  const [one, other] = [before, after].map((text) => text.split(/(?<![A-Za-z0-9])|(?![A-Za-z0-9])/)) as [
    string[],
    string[],
  ];
  let head = 0;
  while (head < Math.min(one.length, other.length) && one[head] === other[head]) head++;
  let tail = 0;
  while (tail < Math.min(one.length, other.length) - head && one.at(-1 - tail) === other.at(-1 - tail)) tail++;
  return [one.slice(head, one.length - tail).join(''), other.slice(head, other.length - tail).join('')];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function lineOf(path: readonly string[], before: unknown, after: unknown): string {
  return `${path.join('.')}: ${shown(before)} → ${shown(after)}`;
}

function shown(value: unknown): string {
  return cut(JSON.stringify(value) ?? 'absent', 200);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
