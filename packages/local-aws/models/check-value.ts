import type { Member, ServiceModel, Shape } from './service-model.ts';

/** How a value differs from its type. */
export interface Difference {
  readonly kind: 'unknown' | 'missing' | 'type' | 'length' | 'range' | 'pattern' | 'enum';
  /** For instance `Filters[0].Values`. */
  readonly member: string;
  readonly message: string;
}

/**
 * Checks a value, as the SDK's commands have it, against a type of AWS's model.
 *
 * @param member the reference to the type
 * @param at the value's own name
 */
export function* checkValue(model: ServiceModel, member: Member, value: unknown, at = ''): Generator<Difference> {
  const shape = model.shapes[member.shape];
  if (shape === undefined || shape.document === true) return;
  const check = checks[shape.type];
  if (check === undefined) throw new Error(`a model has the type ${shape.type}, which is not known here`);
  yield* check(model, shape, value, at);
}

type Check = (model: ServiceModel, shape: Shape, value: unknown, at: string) => Iterable<Difference>;

const checks: Readonly<Record<string, Check>> = {
  structure: checkStructure,
  list: checkList,
  map: checkMap,
  string: checkText,
  character: checkText,
  blob: checkBlob,
  boolean: (_, __, value, at) => (typeof value === 'boolean' ? [] : [wrong(at, 'a boolean', value)]),
  timestamp: (_, __, value, at) =>
    value instanceof Date && !Number.isNaN(value.getTime()) ? [] : [wrong(at, 'a timestamp', value)],
  integer: checkWhole,
  long: checkWhole,
  float: checkNumber,
  double: checkNumber,
};

function* checkStructure(model: ServiceModel, shape: Shape, value: unknown, at: string): Generator<Difference> {
  if (!isRecord(value)) return yield wrong(at, 'a structure', value);
  const { members = {}, required = [] } = shape;
  const present = Object.entries(value).filter(([name, one]) => isPresent(one) && name !== '$metadata');
  for (const name of required) {
    if (!isPresent(value[name]) && members[name]?.idempotencyToken !== true) {
      yield { kind: 'missing', member: join(at, name), message: 'is required' };
    }
  }
  for (const [name, one] of present) {
    const member = members[name];
    if (member === undefined) yield { kind: 'unknown', member: join(at, name), message: 'is no member' };
    else yield* checkValue(model, member, one, join(at, name));
  }
  if (shape.union === true && present.length !== 1) yield wrong(at, 'a union with exactly one member', value);
}

function* checkList(model: ServiceModel, shape: Shape, value: unknown, at: string): Generator<Difference> {
  if (!Array.isArray(value)) return yield wrong(at, 'a list', value);
  yield* checkSize(shape, value.length, at, 'entries');
  for (const [index, one] of value.entries()) {
    if (shape.member !== undefined) yield* checkValue(model, shape.member, one, `${at}[${index}]`);
  }
}

function* checkMap(model: ServiceModel, shape: Shape, value: unknown, at: string): Generator<Difference> {
  if (!isRecord(value)) return yield wrong(at, 'a map', value);
  const entries = Object.entries(value).filter(([, one]) => isPresent(one));
  yield* checkSize(shape, entries.length, at, 'entries');
  for (const [key, one] of entries) {
    if (shape.key !== undefined) yield* checkValue(model, shape.key, key, `the key ${join(at, key)}`);
    if (shape.value !== undefined) yield* checkValue(model, shape.value, one, join(at, key));
  }
}

function* checkText(_: ServiceModel, shape: Shape, value: unknown, at: string): Generator<Difference> {
  if (typeof value !== 'string') return yield wrong(at, 'a string', value);
  if (shape.enum !== undefined && !shape.enum.includes(value)) {
    yield { kind: 'enum', member: at, message: `${quote(value)} is none of ${shape.enum.join(', ')}` };
  }
  yield* checkSize(shape, [...value].length, at, 'characters');
  if (shape.pattern !== undefined && !expression(shape.pattern).test(value)) {
    yield { kind: 'pattern', member: at, message: `${quote(value)} does not match ${shape.pattern}` };
  }
}

function* checkBlob(_: ServiceModel, shape: Shape, value: unknown, at: string): Generator<Difference> {
  if (typeof value === 'string') return yield* checkSize(shape, Buffer.byteLength(value), at, 'bytes');
  if (value instanceof Uint8Array) return yield* checkSize(shape, value.byteLength, at, 'bytes');
  // What is read piece by piece has no length yet.
  if (!isRecord(value)) yield wrong(at, 'a blob', value);
}

function* checkWhole(model: ServiceModel, shape: Shape, value: unknown, at: string): Generator<Difference> {
  if (!Number.isSafeInteger(value)) return yield wrong(at, 'a whole number', value);
  yield* checkNumber(model, shape, value, at);
}

function* checkNumber(_: ServiceModel, shape: Shape, value: unknown, at: string): Generator<Difference> {
  if (typeof value !== 'number' || Number.isNaN(value)) return yield wrong(at, 'a number', value);
  const { min = -Infinity, max = Infinity } = shape;
  if (value < min || value > max) {
    yield { kind: 'range', member: at, message: `${value} is not between ${min} and ${max}` };
  }
}

function* checkSize({ min = 0, max = Infinity }: Shape, size: number, at: string, unit: string): Generator<Difference> {
  if (size < min || size > max) {
    yield { kind: 'length', member: at, message: `has ${size} ${unit}, not ${min} to ${max}` };
  }
}

const expressions = new Map<string, RegExp>();

/** Services match the whole text. Java's expressions have no mode for code points and read what JavaScript escapes. */
function expression(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const whole = `^(?:${pattern})$`;
  const compiled = compile(whole, 'u') ?? compile(whole, '') ?? compile(whole, 'v');
  if (compiled === undefined) throw new Error(`a model has a pattern that JavaScript does not read: ${pattern}`);
  expressions.set(pattern, compiled);
  return compiled;
}

function compile(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return undefined;
  }
}

function wrong(member: string, accepted: string, value: unknown): Difference {
  return { kind: 'type', member, message: `must be ${accepted}, not ${quote(value)}` };
}

/** The start of a value, as JSON. */
function quote(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 120);
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
