/** Pre-signed URLs: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
import { timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../iam/credentials.ts';
import { Sha256 } from '../sha256.ts';
import { AwsError } from './service.ts';
import { dateOf } from './signature.ts';
import type { WireRequest } from './wire.ts';

const names = ['Algorithm', 'Credential', 'Signature', 'Date', 'SignedHeaders', 'Expires'] as const;

/** The longest life of a URL, in seconds: seven days. */
const longestLife = 604_800;

/** How far ahead of the service a signer's clock may be, in milliseconds. */
const skewMs = 15 * 60_000;

/** Whether a request is signed in its query. */
export function isPresigned({ headers, query }: WireRequest): boolean {
  return headers['authorization'] === undefined && names.some((name) => query[`X-Amz-${name}`] !== undefined);
}

/**
 * Verifies that a URL was signed with its access key's secret, is unchanged, and has not expired. That the key itself
 * has not expired is for the gateway to check.
 *
 * @param secretOf returns the credentials for an access key id
 * @param now milliseconds since the epoch
 * @throws AwsError like S3
 */
export async function verifyPresigned(
  request: WireRequest,
  secretOf: (accessKeyId: string) => Credentials | undefined,
  now: number,
  region: string,
): Promise<void> {
  const { method, host, path, query, headers } = request;
  const [algorithm, credential, signature, date, signedHeaders, expires] = names.map((name) =>
    String(query[`X-Amz-${name}`] ?? ''),
  ) as [string, string, string, string, string, string];
  if (names.some((name) => query[`X-Amz-${name}`] === undefined)) {
    const needed = `X-Amz-${names.join(', X-Amz-').replace(/, ([^,]*)$/, ', and $1')} parameters.`;
    throw malformed(`Query-string authentication version 4 requires the ${needed}`);
  }
  if (algorithm !== 'AWS4-HMAC-SHA256') throw malformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const signedAt = dateOf(date);
  if (signedAt === undefined) throw malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  const seconds = Number(expires);
  if (!/^\d+$/.test(expires)) throw malformed('X-Amz-Expires should be a number');
  if (seconds > longestLife) {
    throw malformed(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  const [id = '', , scope = '', service = ''] = credential.split('/');
  if (scope !== region) {
    throw malformed(
      `Error parsing the X-Amz-Credential parameter; the region '${scope}' is wrong; expecting '${region}'`,
    );
  }
  const credentials = secretOf(id);
  if (credentials === undefined) {
    throw new AwsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403);
  }
  if (query['X-Amz-Security-Token'] !== credentials.sessionToken)
    throw new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400);
  if (signedAt > now + skewMs) throw new AwsError('AccessDenied', 'Request is not yet valid', 403);
  const end = signedAt + seconds * 1_000;
  if (now > end) throw new AwsError('AccessDenied', 'Request has expired', 403);

  const signer = new SignatureV4({ service, region, sha256: Sha256, credentials, uriEscapePath: false });
  const own = Object.entries(query).filter(([name]) => !/^X-Amz-/.test(name));
  const again = await signer.presign(
    {
      method,
      protocol: 'https:',
      hostname: host,
      path,
      query: Object.fromEntries(own.map(([name, value]) => [name, typeof value === 'string' ? value : [...value]])),
      headers: Object.fromEntries(
        signedHeaders.split(';').map((name) => [name, name === 'host' ? host : (headers[name] ?? '')]),
      ),
    },
    { expiresIn: seconds, signingDate: new Date(signedAt) },
  );
  if (signedHeaders.split(';').includes('host') && isSame(String(again.query?.['X-Amz-Signature']), signature)) return;
  throw new AwsError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
  );
}

function malformed(message: string): AwsError {
  return new AwsError('AuthorizationQueryParametersError', message, 400);
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
