import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { SchemaViolation } from '../check.ts';
import { errorShape, queryError } from '../modelled-error.ts';
import type { WireResponse } from '../wire.ts';
import type { Codec } from './codec.ts';

/** ec2Query and awsQuery: the request is a form whose keys are paths into the input, the answer is XML. */
export const query: Codec = {
  decode(sdk, { body }) {
    const form = new URLSearchParams(Buffer.from(body).toString('utf8'));
    const operation = form.get('Action') ?? '';
    const model = sdk.operations.get(operation);
    if (model === undefined) return undefined;
    form.delete('Action');
    form.delete('Version');
    const reader = new FormReader(form, sdk.protocol === 'ec2Query');
    const input = (model.input.isUnitSchema() ? {} : reader.read(model.input, '')) ?? {};
    return { operation, input, violation: reader.leftOver() };
  },

  encode(sdk, model, output, requestId) {
    const namespace = sdk.xmlNamespace ?? '';
    const inner = model.output.isUnitSchema() ? '' : members(model.output, output);
    const root = `${model.name}Response`;
    const content =
      sdk.protocol === 'ec2Query'
        ? `<requestId>${requestId}</requestId>${inner === '' ? '<return>true</return>' : inner}`
        : `<${model.name}Result>${inner}</${model.name}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return xml(200, `<${root} xmlns="${namespace}">${content}</${root}>`);
  },

  encodeError(sdk, _, error, requestId) {
    const shape = errorShape(sdk, error.code);
    const name = (shape && queryError(shape)?.code) ?? error.code;
    const code = `<Code>${escaped(name)}</Code><Message>${escaped(error.message)}</Message>`;
    if (sdk.protocol === 'ec2Query') {
      const inner = `<Errors><Error>${code}</Error></Errors><RequestID>${requestId}</RequestID>`;
      return xml(error.status, `<Response>${inner}</Response>`);
    }
    const type = error.status < 500 ? 'Sender' : 'Receiver';
    const inner = `<Error><Type>${type}</Type>${code}</Error><RequestId>${requestId}</RequestId>`;
    return xml(error.status, `<ErrorResponse xmlns="${sdk.xmlNamespace ?? ''}">${inner}</ErrorResponse>`);
  },
};

/** The content of a structure's element, written by the SDK's own serializer. */
function members(schema: NormalizedSchema, value: unknown): string {
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 },
    xmlNamespace: '',
    serviceNamespace: '',
  });
  serializer.write(schema, value);
  const written = String(serializer.flush());
  if (/^<[^>]*\/>$/.test(written)) return '';
  return written.slice(written.indexOf('>') + 1, written.lastIndexOf('</'));
}

/** An XML answer. */
export function xml(status: number, content: string): WireResponse {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${content}`);
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body };
}

/** Escapes text for XML. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Reads a form by a schema, and tracks which keys were not read. */
class FormReader {
  readonly #form: URLSearchParams;
  readonly #ec2: boolean;
  readonly #read = new Set<string>();

  constructor(form: URLSearchParams, ec2: boolean) {
    this.#form = form;
    this.#ec2 = ec2;
  }

  /** @returns `undefined` if the form has no key below this one */
  read(schema: NormalizedSchema, at: string): unknown {
    if (schema.isStructSchema()) return this.#struct(schema, at);
    if (schema.isListSchema()) return this.#list(schema, at);
    if (schema.isMapSchema()) return undefined;
    const text = this.#form.get(at);
    if (text === null) return undefined;
    this.#read.add(at);
    return leaf(schema, text);
  }

  /** The first key that belongs to no member of the schema. */
  leftOver(): SchemaViolation | undefined {
    const key = [...this.#form.keys()].find((one) => !this.#read.has(one));
    if (key === undefined) return undefined;
    return { kind: 'unknown', member: key, message: `The parameter ${key} is not recognized` };
  }

  #struct(schema: NormalizedSchema, at: string): Record<string, unknown> | undefined {
    if (at !== '' && !this.#below(at)) return undefined;
    const value: Record<string, unknown> = {};
    for (const [name, member] of schema.structIterator()) {
      const one = this.read(
        member as NormalizedSchema,
        `${at}${at === '' ? '' : '.'}${this.#key(name, member as NormalizedSchema)}`,
      );
      if (one !== undefined) value[name] = one;
    }
    return value;
  }

  #list(schema: NormalizedSchema, at: string): unknown[] | undefined {
    const member = schema.getValueSchema() as NormalizedSchema;
    const flat = this.#ec2 || Boolean(schema.getMergedTraits()['xmlFlattened']);
    const base = flat ? at : `${at}.${String(member.getMergedTraits()['xmlName'] ?? 'member')}`;
    const value: unknown[] = [];
    for (let index = 1; ; index++) {
      const one = this.read(member, `${base}.${index}`);
      if (one === undefined) break;
      value.push(one);
    }
    return value.length === 0 ? undefined : value;
  }

  #below(at: string): boolean {
    return [...this.#form.keys()].some((key) => key.startsWith(`${at}.`));
  }

  #key(name: string, member: NormalizedSchema): string {
    const traits = member.getMergedTraits();
    if (this.#ec2 && traits['ec2QueryName']) return String(traits['ec2QueryName']);
    const key = String(traits['xmlName'] ?? name);
    return this.#ec2 ? `${key.charAt(0).toUpperCase()}${key.slice(1)}` : key;
  }
}

function leaf(schema: NormalizedSchema, text: string): unknown {
  if (schema.isNumericSchema()) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (schema.isBooleanSchema()) return text === 'true' ? true : text === 'false' ? false : text;
  if (schema.isTimestampSchema()) return new Date(text);
  if (schema.isBlobSchema()) return Buffer.from(text, 'base64');
  return text;
}
