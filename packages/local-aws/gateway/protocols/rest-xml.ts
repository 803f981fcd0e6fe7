import type { NormalizedSchema } from '@smithy/core/schema';
import type { Model, Sdk } from '../sdk.ts';
import type { WireRequest } from '../wire.ts';
import type { Codec } from './codec.ts';
import { escaped, xml } from './query.ts';
import { bindingsOf, fromText } from './rest-json.ts';

/**
 * S3's restXml, as far as objects go: host or path name the bucket, the path the key, and headers carry the rest.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export const restXml: Codec = {
  decode(sdk, request) {
    const { bucket, key } = placeOf(request);
    const model = findOperation(sdk, request, key !== '');
    if (model === undefined) return undefined;
    const input: Record<string, unknown> = {};
    for (const { name, schema, at, wire } of bindingsOf(model.input)) {
      if (at === 'payload') input[name] = request.body;
      else if (at === 'label') input[name] = name === 'Bucket' ? bucket : key;
      else if (at === 'query' || at === 'header') {
        const text = at === 'query' ? request.query[wire] : request.headers[wire];
        if (text !== undefined) input[name] = fromText(schema, text);
      } else if (at === 'prefix') {
        const own = Object.entries(request.headers).filter(([header]) => header.startsWith(wire));
        if (own.length > 0)
          input[name] = Object.fromEntries(own.map(([header, text]) => [header.slice(wire.length), text]));
      }
    }
    return { operation: model.name, input, violation: undefined };
  },

  encode(_, model, output, requestId) {
    const headers: Record<string, string> = { 'x-amz-request-id': requestId };
    const values = output as Readonly<Record<string, unknown>>;
    let body: Uint8Array = new Uint8Array();
    for (const { name, schema, at, wire } of model.output.isUnitSchema() ? [] : bindingsOf(model.output)) {
      const value = values[name];
      if (value === undefined || value === null) continue;
      if (at === 'header') headers[wire] = headerText(schema, value);
      else if (at === 'payload') body = Buffer.from(value as Uint8Array);
      else if (at === 'prefix') {
        for (const [key, text] of Object.entries(value as Record<string, string>)) headers[`${wire}${key}`] = text;
      } else throw new Error(`s3:${model.name}: ${name} is not modelled in an answer`);
    }
    return { status: headers['content-range'] === undefined ? (model.http?.[2] ?? 200) : 206, headers, body };
  },

  encodeError(_, { method }, error, requestId) {
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: an error has no body, only its status.
    if (method === 'HEAD')
      return { status: error.status, headers: { 'x-amz-request-id': requestId }, body: new Uint8Array() };
    const inner = `<Code>${escaped(error.code)}</Code><Message>${escaped(error.message)}</Message>`;
    return xml(error.status, `<Error>${inner}<RequestId>${requestId}</RequestId></Error>`);
  },
};

function placeOf({ host, path }: WireRequest): { bucket: string; key: string } {
  const inHost = /^(?<bucket>.+)\.s3[.-][a-z0-9-]+\.amazonaws\.com$/.exec(host)?.groups?.['bucket'];
  const parts = path.slice(1).split('/').map(decodeURIComponent);
  const [bucket = '', ...key] = inHost === undefined ? parts : [inHost, ...parts];
  return { bucket, key: key.join('/') };
}

/**
 * Operations that differ from another one only by what they carry. The SDK names them in the query; other clients do
 * not.
 */
const marks: Readonly<Record<string, (request: WireRequest) => boolean>> = {
  CopyObject: ({ headers }) => headers['x-amz-copy-source'] !== undefined,
  UploadPart: ({ query }) => query['uploadId'] !== undefined,
  UploadPartCopy: ({ headers, query }) => query['uploadId'] !== undefined && headers['x-amz-copy-source'] !== undefined,
};

/** Sub-resources of objects and buckets, each with a separate operation, are named in the query. */
function findOperation(sdk: Sdk, request: WireRequest, hasKey: boolean): Model | undefined {
  const { method, query } = request;
  const ignored = /^(X-Amz-.*|x-id|versionId|partNumber|uploadId|response-.*)$/;
  const asked = Object.keys(query).filter((name) => !ignored.test(name));
  return [...sdk.operations.values()].find(({ name, http }) => {
    if (http === undefined || http[0] !== method) return false;
    const [path = '', rest = ''] = http[1].split('?');
    const literal = [...new URLSearchParams(rest).keys()].filter((one) => one !== 'x-id');
    const isAsked = literal.length === asked.length && literal.every((one) => asked.includes(one));
    return path.includes('{Key+}') === hasKey && isAsked && (marks[name]?.(request) ?? true);
  });
}

function headerText(schema: NormalizedSchema, value: unknown): string {
  return schema.isTimestampSchema() ? (value as Date).toUTCString() : String(value);
}
