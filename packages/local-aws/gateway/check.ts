import type { NormalizedSchema } from '@smithy/core/schema';

/** What is wrong with a request. */
export interface SchemaViolation {
  readonly kind: 'unknown' | 'missing' | 'type';
  /** For instance `Filters[0].Values[1]`. */
  readonly member: string;
  /** For instance `Filters[0].Values[0] must be a string, not a list`. */
  readonly message: string;
}

/** A value's format: as in the SDK's commands, or as JSON on the wire (blobs in base64, times as numbers or text). */
type Form = 'command' | 'json';

/** How strict a check is: an answer may omit what a real service would add. */
export interface Strictness {
  readonly form: Form;
  readonly required: boolean;
}

/**
 * Checks a value against an SDK schema. The SDK itself drops unknown members and sends wrong types unchanged; a service
 * that accepts them hides the caller's mistakes.
 *
 * @returns the first violation, or `undefined`
 */
export function check(schema: NormalizedSchema, value: unknown, strictness: Strictness): SchemaViolation | undefined {
  return checkAt(schema, value, '', strictness);
}

function checkAt(
  schema: NormalizedSchema,
  value: unknown,
  at: string,
  strictness: Strictness,
): SchemaViolation | undefined {
  if (schema.isUnitSchema()) return unit(value);
  if (schema.isStructSchema()) return struct(schema, value, at, strictness);
  if (schema.isListSchema()) return list(schema, value, at, strictness);
  if (schema.isMapSchema()) return map(schema, value, at, strictness);
  if (schema.isDocumentSchema()) return undefined;
  const accepted = leaf(schema, value, strictness.form);
  return accepted === undefined ? undefined : wrong(at, accepted, value);
}

function unit(value: unknown): SchemaViolation | undefined {
  const first = isRecord(value) ? Object.keys(value)[0] : undefined;
  return first === undefined ? undefined : unknownMember(first, 'the request takes no member');
}

function struct(
  schema: NormalizedSchema,
  value: unknown,
  at: string,
  strictness: Strictness,
): SchemaViolation | undefined {
  if (!isRecord(value)) return wrong(at, 'a structure', value);
  const members = new Map<string, NormalizedSchema>();
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    members.set(strictness.form === 'json' ? String(traits['jsonName'] ?? name) : name, member as NormalizedSchema);
  }
  for (const key of Object.keys(value)) {
    if (value[key] !== undefined && !members.has(key) && key !== '$metadata') {
      return unknownMember(join(at, key), `known: ${[...members.keys()].join(', ')}`);
    }
  }
  const required = strictness.required ? requiredCount(schema) : 0;
  let index = 0;
  for (const [name, member] of members) {
    const present = value[name] !== undefined && value[name] !== null;
    if (!present && index < required && !member.isIdempotencyToken()) {
      return { kind: 'missing', member: join(at, name), message: `${join(at, name)} is required` };
    }
    index++;
    const violation = present ? checkAt(member, value[name], join(at, name), strictness) : undefined;
    if (violation !== undefined) return violation;
  }
  if (schema.isUnionSchema() && Object.values(value).filter((one) => one !== undefined && one !== null).length !== 1) {
    return wrong(at, 'a union with exactly one member', value);
  }
  return undefined;
}

/** The SDK sorts required members first and keeps their number as the last element of a structure's schema. */
function requiredCount(schema: NormalizedSchema): number {
  const raw = schema.getSchema();
  return Array.isArray(raw) && typeof raw[6] === 'number' ? raw[6] : 0;
}

function list(
  schema: NormalizedSchema,
  value: unknown,
  at: string,
  strictness: Strictness,
): SchemaViolation | undefined {
  if (!Array.isArray(value)) return wrong(at, 'a list', value);
  const member = schema.getValueSchema() as NormalizedSchema;
  for (const [index, item] of value.entries()) {
    const violation = checkAt(member, item, `${at}[${index}]`, strictness);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

function map(
  schema: NormalizedSchema,
  value: unknown,
  at: string,
  strictness: Strictness,
): SchemaViolation | undefined {
  if (!isRecord(value)) return wrong(at, 'a map', value);
  const member = schema.getValueSchema() as NormalizedSchema;
  for (const [key, item] of Object.entries(value)) {
    const violation = item === undefined ? undefined : checkAt(member, item, join(at, key), strictness);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

/** @returns the accepted form, if the value does not match the schema */
function leaf(schema: NormalizedSchema, value: unknown, form: Form): string | undefined {
  if (schema.isStringSchema()) return typeof value === 'string' ? undefined : 'a string';
  if (schema.isBooleanSchema()) return typeof value === 'boolean' ? undefined : 'a boolean';
  if (schema.isNumericSchema()) return typeof value === 'number' && !Number.isNaN(value) ? undefined : 'a number';
  if (schema.isBlobSchema()) {
    const fits = typeof value === 'string' || (form === 'command' && value instanceof Uint8Array);
    return fits ? undefined : 'a blob';
  }
  if (schema.isTimestampSchema()) {
    const fits = form === 'command' ? value instanceof Date : typeof value === 'number' || typeof value === 'string';
    return fits ? undefined : 'a timestamp';
  }
  if (schema.isBigIntegerSchema() || schema.isBigDecimalSchema()) {
    return typeof value === 'number' || typeof value === 'bigint' || isRecord(value) ? undefined : 'a number';
  }
  return undefined;
}

function wrong(member: string, accepted: string, value: unknown): SchemaViolation {
  const at = member === '' ? 'the request' : member;
  return { kind: 'type', member: at, message: `${at} must be ${accepted}, not ${describe(value)}` };
}

function unknownMember(member: string, hint: string): SchemaViolation {
  return { kind: 'unknown', member, message: `${member} is no member of the request; ${hint}` };
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value instanceof Date ? 'a Date' : 'a structure';
  return `the ${typeof value} ${JSON.stringify(value) ?? ''}`.trim();
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
