/**
 * Signature Version 4 of a request:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../iam/credentials.ts';
import { Sha256 } from '../sha256.ts';
import { AwsError } from './service.ts';
import type { WireRequest } from './wire.ts';

/** How far a caller's clock may be off, in milliseconds. */
const skewMs = 5 * 60_000;
const form =
  /^AWS4-HMAC-SHA256 Credential=(?<id>[^/]+)\/(?<day>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request, ?SignedHeaders=(?<names>[^,]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

/**
 * Verifies that a request was signed with its access key's secret, and was not changed since.
 *
 * @param secretOf returns the credentials for an access key id
 * @param now milliseconds since the epoch
 * @throws AwsError like AWS for a request that is unsigned, or signed by an unknown key, at another time or with
 * another secret
 */
export async function verifySignature(
  request: WireRequest,
  secretOf: (accessKeyId: string) => Credentials | undefined,
  now: number,
): Promise<void> {
  const { headers, method, path, query, body } = request;
  const parts = form.exec(headers['authorization'] ?? '')?.groups;
  if (parts === undefined) throw refused('MissingAuthenticationToken', 'Request is missing Authentication Token');
  const { id = '', region = '', service = '', names = '', signature = '' } = parts;
  const credentials = secretOf(id);
  if (credentials === undefined || headers['x-amz-security-token'] !== credentials.sessionToken) {
    throw refused('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const signedAt = dateOf(headers['x-amz-date'] ?? '');
  if (signedAt === undefined) throw refused('IncompleteSignature', 'X-Amz-Date must be of the form 20261121T090000Z');
  if (Math.abs(now - signedAt) > skewMs) {
    throw refused(
      'InvalidSignatureException',
      `Signature expired: ${headers['x-amz-date']} is not within five minutes`,
    );
  }
  const signed = new Set(names.split(';'));
  if (!signed.has('host'))
    throw refused('InvalidSignatureException', "'Host' must be a 'SignedHeader' in the request.");
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    credentials,
    applyChecksum: false,
    uriEscapePath: service !== 's3',
  });
  const again = await signer.sign(
    {
      method,
      protocol: 'https:',
      hostname: headers['host'] ?? '',
      path,
      query: Object.fromEntries(
        Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
      ),
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => signed.has(name))),
      body,
    },
    { signingDate: new Date(signedAt), signableHeaders: signed },
  );
  const expected = form.exec(again.headers['authorization'] ?? '')?.groups;
  if (expected?.['names'] === names && same(expected['signature'] ?? '', signature)) return;
  throw refused(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
  );
}

function refused(code: string, message: string): AwsError {
  return new AwsError(code, message, 403);
}

/** Milliseconds since the epoch of an `X-Amz-Date`; undefined if it has another form. */
export function dateOf(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function same(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
