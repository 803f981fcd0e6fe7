import { JsonCodec2, JsonShapeDeserializer2 } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { DocumentType } from '@smithy/types';
import { check } from '../check.ts';
import { errorShape, queryError } from '../modelled-error.ts';
import type { Sdk } from '../sdk.ts';
import type { WireRequest } from '../wire.ts';
import type { Codec } from './codec.ts';

const settings = { timestampFormat: { useTrait: true, default: 7 }, jsonName: false } as const;
const codec = new JsonCodec2(settings);
const reader = new JsonShapeDeserializer2(settings);

/** awsJson1_0 and awsJson1_1: the operation is in `X-Amz-Target`, everything else in one JSON object. */
export const awsJson: Codec = {
  decode(sdk, { headers, body }) {
    const [target, operation = ''] = (headers['x-amz-target'] ?? '').split('.');
    const model = target === sdk.target ? sdk.operations.get(operation) : undefined;
    if (model === undefined) return undefined;
    const json = readJson(body);
    if (json === undefined) {
      const violation = { kind: 'type', member: 'the request', message: 'the body is no JSON' } as const;
      return { operation, input: {}, violation };
    }
    const violation = check(model.input, json, { form: 'json', required: true });
    const input = violation === undefined ? reader.readObject(model.input, json as DocumentType) : json;
    return { operation, input, violation };
  },

  encode(sdk, model, output, requestId) {
    const unit = model.output.isUnitSchema();
    return {
      status: 200,
      headers: headersOf(sdk, requestId),
      body: unit ? Buffer.from('{}') : writeJson(codec, model.output, output),
    };
  },

  encodeError(sdk, request, error, requestId) {
    const shape = errorShape(sdk, error.code);
    const name = shape?.getName() ?? error.code;
    const body = {
      __type: `${sdk.namespace}#${name}`,
      message: error.message,
      Message: error.message,
      ...error.members,
    };
    return {
      status: error.status,
      headers: { ...headersOf(sdk, requestId), ...queryHeader(request, shape, error) },
      body: Buffer.from(JSON.stringify(body)),
    };
  },
};

/** Clients that once used the query protocol request its error codes in addition to the new ones. */
function queryHeader(
  request: WireRequest,
  shape: NormalizedSchema | undefined,
  error: { code: string; status: number },
) {
  if (request.headers['x-amzn-query-mode'] !== 'true') return {};
  const code = (shape && queryError(shape)?.code) ?? error.code;
  return { 'x-amzn-query-error': `${code};${error.status < 500 ? 'Sender' : 'Receiver'}` };
}

function headersOf(sdk: Sdk, requestId: string): Record<string, string> {
  const version = sdk.protocol === 'awsJson1_0' ? '1.0' : '1.1';
  return { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-requestid': requestId };
}

/** @returns `undefined` if the body is not JSON */
export function readJson(body: Uint8Array): unknown {
  if (body.byteLength === 0) return {};
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Writes a value by its schema, with the codec's own serializer. */
export function writeJson(by: JsonCodec2, schema: NormalizedSchema, value: unknown): Uint8Array {
  const serializer = by.createSerializer();
  serializer.write(schema, value);
  const written: unknown = serializer.flush();
  return written instanceof Uint8Array ? Buffer.copyBytesFrom(written) : Buffer.from(String(written));
}
