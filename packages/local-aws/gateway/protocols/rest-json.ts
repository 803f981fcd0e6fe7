import { JsonCodec2, JsonShapeDeserializer2 } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { DocumentType } from '@smithy/types';
import { check } from '../check.ts';
import type { Model, Sdk } from '../sdk.ts';
import type { WireRequest } from '../wire.ts';
import { readJson, writeJson } from './aws-json.ts';
import type { Codec } from './codec.ts';

const settings = { timestampFormat: { useTrait: true, default: 7 }, jsonName: true } as const;
const codec = new JsonCodec2(settings);
const reader = new JsonShapeDeserializer2(settings);

/** The part of HTTP that carries a member of a request or an answer. */
export interface Binding {
  readonly name: string;
  readonly schema: NormalizedSchema;
  readonly at: 'label' | 'query' | 'header' | 'prefix' | 'payload' | 'status' | 'body';
  /** The name of the header or the query key, or what the names of its headers begin with. */
  readonly wire: string;
}

/** restJson1: method and path name the operation; labels, query, headers and body carry the members. */
export const restJson: Codec = {
  decode(sdk, request) {
    const found = findOperation(sdk, request);
    if (found === undefined) return undefined;
    const { model, labels } = found;
    const bindings = bindingsOf(model.input);
    const payload = bindings.find(({ at }) => at === 'payload');
    const input: Record<string, unknown> = {};
    for (const { name, schema, at, wire } of bindings) {
      const text =
        at === 'label'
          ? labels[name]
          : at === 'query'
            ? request.query[wire]
            : at === 'header'
              ? request.headers[wire]
              : undefined;
      if (text !== undefined) input[name] = fromText(schema, text);
    }
    if (payload?.schema.isBlobSchema()) {
      input[payload.name] = request.body;
      return { operation: model.name, input, violation: undefined };
    }
    const json = readJson(request.body);
    const schema = payload?.schema ?? model.input;
    const violation = check(schema, json, { form: 'json', required: false });
    const read: unknown = violation === undefined ? reader.readObject(schema, json as DocumentType) : json;
    if (payload !== undefined) input[payload.name] = read;
    return {
      operation: model.name,
      input: payload === undefined ? { ...(read as object), ...input } : input,
      violation,
    };
  },

  encode(_, model, output, requestId) {
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
    const values = output as Readonly<Record<string, unknown>>;
    let status = model.http?.[2] ?? 200;
    let body: Uint8Array | undefined;
    const rest: Record<string, unknown> = {};
    for (const { name, schema, at, wire } of model.output.isUnitSchema() ? [] : bindingsOf(model.output)) {
      const value = values[name];
      if (value === undefined || value === null) continue;
      if (at === 'header') headers[wire] = String(value);
      else if (at === 'status') status = Number(value);
      else if (at !== 'payload') rest[name] = value;
      else body = schema.isBlobSchema() ? Buffer.from(value as Uint8Array) : writeJson(codec, schema, value);
    }
    const hasPayload = !model.output.isUnitSchema() && bindingsOf(model.output).some(({ at }) => at === 'payload');
    body ??= hasPayload ? new Uint8Array() : Buffer.from(writeJson(codec, model.output, rest));
    return { status, headers, body };
  },

  encodeError(_, __, error, requestId) {
    const body = { message: error.message, ...error.members };
    return {
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
      body: Buffer.from(JSON.stringify(body)),
    };
  },
};

function findOperation(
  sdk: Sdk,
  { method, path }: WireRequest,
): { model: Model; labels: Record<string, string> } | undefined {
  for (const model of sdk.operations.values()) {
    if (model.http === undefined || model.http[0] !== method) continue;
    const template = (model.http[1].split('?')[0] ?? '').replace(/\/$/, '');
    const names: string[] = [];
    const pattern = template.replace(/[.*+?^$()|[\]\\]|\{(\w+)(\+?)\}/g, (part, name?: string, greedy?: string) => {
      if (name === undefined) return `\\${part}`;
      names.push(name);
      return greedy === '+' ? '(.+)' : '([^/]+)';
    });
    const match = new RegExp(`^${pattern}/?$`).exec(path);
    if (match === null) continue;
    return {
      model,
      labels: Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')])),
    };
  }
  return undefined;
}

/** Where HTTP carries each member of a structure. */
export function bindingsOf(schema: NormalizedSchema): readonly Binding[] {
  const bindings: Binding[] = [];
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    const header = traits['httpHeader'];
    const key = traits['httpQuery'];
    const known = { name, schema: member as NormalizedSchema };
    if (traits['httpLabel']) bindings.push({ ...known, at: 'label', wire: name });
    else if (key) bindings.push({ ...known, at: 'query', wire: String(key) });
    else if (header) bindings.push({ ...known, at: 'header', wire: String(header).toLowerCase() });
    else if (traits['httpPrefixHeaders'])
      bindings.push({ ...known, at: 'prefix', wire: String(traits['httpPrefixHeaders']) });
    else if (traits['httpPayload']) bindings.push({ ...known, at: 'payload', wire: name });
    else if (traits['httpResponseCode']) bindings.push({ ...known, at: 'status', wire: name });
    else bindings.push({ ...known, at: 'body', wire: name });
  }
  return bindings;
}

/** Reads a member from the text of a label, a header or a query. */
export function fromText(schema: NormalizedSchema, text: string | readonly string[]): unknown {
  if (schema.isListSchema()) {
    const all = typeof text === 'string' ? [text] : text;
    return all.map((one) => fromText(schema.getValueSchema() as NormalizedSchema, one));
  }
  const one = typeof text === 'string' ? text : (text[0] ?? '');
  if (schema.isNumericSchema()) return Number(one);
  if (schema.isBooleanSchema()) return one === 'true';
  if (schema.isTimestampSchema()) return new Date(/^\d/.test(one) && !one.includes('-') ? Number(one) * 1000 : one);
  return one;
}
