import { timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../local-aws/sha256.ts';

/** Credentials in the local cloud and their role. */
interface KnownSecret {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly roleArn: string;
  /** The role's session name, with which the user name in the cluster ends. */
  readonly sessionName?: string;
}

/** Finds credentials by access key id. */
export type SecretOf = (accessKeyId: string) => KnownSecret | undefined;

const prefix = 'k8s-aws-v1.';
/** Limits of aws-iam-authenticator, which EKS runs. Source: `pkg/token/token.go`. */
const maxTokenBytes = 4096;
const ageMs = 15 * 60_000;
/** STS rejects a signature that is further in the future than this. */
const aheadMs = 5 * 60_000;
const host = /^sts\.([a-z]+(?:-[a-z]+)+-\d+)\.amazonaws\.com(\.cn)?$/;
const parameters = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
]);

/** The role that a token belongs to, or why EKS rejects the token. */
export type Verdict =
  | {
      readonly ok: true;
      readonly roleArn: string;
      readonly sessionName: string;
      /** When the token expires, in milliseconds since the epoch. */
      readonly until: number;
    }
  | { readonly ok: false; readonly why: string };

/**
 * Verifies a bearer token like EKS: its form by the authenticator's rules, its signature as STS checks it for a
 * request with this cluster's header.
 *
 * @param now milliseconds since the epoch
 */
export async function verifyEksToken(
  token: string,
  cluster: string,
  now: number,
  secretOf: SecretOf,
): Promise<Verdict> {
  const no = (why: string): Verdict => ({ ok: false, why });
  if (token.length > maxTokenBytes) return no('token is too large');
  if (!token.startsWith(prefix)) return no(`token is missing expected "${prefix}" prefix`);
  const encoded = token.slice(prefix.length);
  if (!/^[A-Za-z0-9_-]*$/.test(encoded)) return no('illegal base64 data');
  const text = Buffer.from(encoded, 'base64url').toString();
  if (!URL.canParse(text)) return no('the token holds no address');
  const url = new URL(text);
  if (url.protocol !== 'https:') return no(`unexpected scheme "${url.protocol}" in pre-signed URL`);
  const region = host.exec(url.host)?.[1];
  if (region === undefined) return no(`unexpected hostname "${url.host}" in pre-signed URL`);
  if (url.pathname !== '/') return no('unexpected path in pre-signed URL');

  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) return no(`non-whitelisted query parameter "${name}"`);
    if (query.has(key)) return no('query parameter with multiple values not supported');
    query.set(key, value);
  }
  if (query.get('action') !== 'GetCallerIdentity') return no('unexpected action parameter in pre-signed URL');
  if (query.get('x-amz-signedheaders') !== 'host;x-k8s-aws-id') {
    return no('client did not sign the x-k8s-aws-id header in the pre-signed URL, or signed another beside it');
  }
  const expires = Number(query.get('x-amz-expires') ?? Number.NaN);
  if (!Number.isInteger(expires) || expires < 0 || expires > 900) return no('invalid X-Amz-Expires parameter');
  const signedAt = dateOf(query.get('x-amz-date') ?? '');
  if (signedAt === undefined) return no('X-Amz-Date parameter must be present and of the form 20261121T090000Z');
  if (now > signedAt + ageMs) return no('X-Amz-Date parameter is expired (15 minute expiration)');
  if (now < signedAt - aheadMs) return no('Signature not yet current');

  const [accessKeyId = '', , scopeRegion, service] = (query.get('x-amz-credential') ?? '').split('/');
  if (scopeRegion !== region || service !== 'sts') return no('Credential should be scoped to this region and to sts');
  const secret = secretOf(accessKeyId);
  if (secret === undefined) return no('The security token included in the request is invalid');
  if ((query.get('x-amz-security-token') ?? undefined) !== secret.sessionToken) {
    return no('The security token included in the request is invalid');
  }
  const signer = new SignatureV4({
    service: 'sts',
    region,
    sha256: Sha256,
    credentials: {
      accessKeyId,
      secretAccessKey: secret.secretAccessKey,
      ...(secret.sessionToken === undefined ? {} : { sessionToken: secret.sessionToken }),
    },
  });
  const { query: expected = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: url.host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: query.get('version') ?? '' },
      headers: { host: url.host, 'x-k8s-aws-id': cluster },
    },
    { signingDate: new Date(signedAt), expiresIn: expires },
  );
  if (!same(String(expected['X-Amz-Signature']), query.get('x-amz-signature') ?? '')) {
    return no('The request signature we calculated does not match the signature you provided');
  }
  return {
    ok: true,
    roleArn: secret.roleArn,
    sessionName: secret.sessionName ?? 'session',
    until: signedAt + ageMs,
  };
}

function dateOf(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function same(a: string, b: string): boolean {
  const one = Buffer.from(a);
  const other = Buffer.from(b);
  return one.length === other.length && timingSafeEqual(one, other);
}
