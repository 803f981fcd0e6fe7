/**
 * SQS's query protocol, for tools older than its JSON protocol, such as Debian 12's AWS CLI:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html. Lists
 * and maps are flat and have the singular of their member's name.
 */
import type { NormalizedSchema } from '@smithy/core/schema';
import type { SchemaViolation } from '../check.ts';
import type { Codec } from './codec.ts';
import { escaped, query, xml } from './query.ts';

const namespace = 'http://queue.amazonaws.com/doc/2012-11-05/';

/** Reads flat forms, and writes flat XML. */
export const sqsQuery: Codec = {
  decode(sdk, { body }) {
    const form = new URLSearchParams(Buffer.from(body).toString('utf8'));
    const operation = form.get('Action') ?? '';
    const model = sdk.operations.get(operation);
    if (model === undefined) return undefined;
    for (const key of ['Action', 'Version']) form.delete(key);
    const input: Record<string, unknown> = {};
    for (const [name, member] of model.input.structIterator()) {
      const value = take(form, member as NormalizedSchema, name);
      if (value !== undefined) input[name] = value;
    }
    return { operation, input, violation: leftOver(form) };
  },

  encode(_, model, output, requestId) {
    const inner = model.output.isUnitSchema() ? '' : members(model.output, output as Record<string, unknown>);
    const result = `<${model.name}Result>${inner}</${model.name}Result>`;
    const content = `${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return xml(200, `<${model.name}Response xmlns="${namespace}">${content}</${model.name}Response>`);
  },

  encodeError(sdk, request, error, requestId) {
    return query.encodeError({ ...sdk, xmlNamespace: namespace }, request, error, requestId);
  },
};

/** `AttributeNames` is `AttributeName.1` in a form, `Attributes` is `Attribute.1.Name` and `Attribute.1.Value`. */
function singular(name: string): string {
  return name.replace(/s$/, '');
}

/** Takes a member's keys out of the form. */
function take(form: URLSearchParams, schema: NormalizedSchema, name: string): unknown {
  if (schema.isListSchema() || schema.isMapSchema()) {
    const values: [string, unknown][] = [];
    for (let index = 1; ; index++) {
      const at = `${singular(name)}.${index}`;
      const key = schema.isMapSchema() ? text(form, `${at}.Name`) : '';
      const value = schema.isMapSchema() ? text(form, `${at}.Value`) : text(form, at);
      if (key === undefined || value === undefined) break;
      values.push([key, value]);
    }
    if (values.length === 0) return undefined;
    return schema.isMapSchema() ? Object.fromEntries(values) : values.map(([, value]) => value);
  }
  const value = text(form, name);
  return value !== undefined && schema.isNumericSchema() && /^-?\d+$/.test(value) ? Number(value) : value;
}

function text(form: URLSearchParams, key: string): string | undefined {
  const value = form.get(key) ?? undefined;
  form.delete(key);
  return value;
}

/** Keys that belong to no member. Batches and message attributes, which have their own format, are refused here too. */
function leftOver(form: URLSearchParams): SchemaViolation | undefined {
  const [key] = form.keys();
  if (key === undefined) return undefined;
  return { kind: 'unknown', member: key, message: `The parameter ${key} is not known here in the query protocol` };
}

function members(schema: NormalizedSchema, value: Readonly<Record<string, unknown>>): string {
  return [...schema.structIterator()]
    .map(([name, member]) => element(member as NormalizedSchema, name, value[name]))
    .join('');
}

function element(schema: NormalizedSchema, name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (schema.isListSchema()) {
    const item = schema.getValueSchema() as NormalizedSchema;
    return (value as readonly unknown[]).map((one) => element(item, singular(name), one)).join('');
  }
  if (schema.isMapSchema()) {
    const entries = Object.entries(value as Readonly<Record<string, unknown>>);
    return entries
      .map(
        ([key, one]) =>
          `<${singular(name)}><Name>${key}</Name><Value>${escaped(String(one))}</Value></${singular(name)}>`,
      )
      .join('');
  }
  const inner = schema.isStructSchema() ? members(schema, value as Record<string, unknown>) : escaped(String(value));
  return `<${name}>${inner}</${name}>`;
}
