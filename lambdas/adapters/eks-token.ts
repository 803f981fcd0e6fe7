import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity } from '@smithy/types';

/** The input for a token. */
export interface EksTokenInput {
  /** The name of the EKS cluster. A token is valid only for this cluster. */
  readonly cluster: string;
  readonly region: string;
  readonly credentials: AwsCredentialIdentity;
  /** Milliseconds since the epoch. The token is valid for 15 minutes from then. */
  readonly now: number;
}

/** EKS ignores the signature's expiry. Old authenticators reject more than 60 seconds. */
const expiresInSeconds = 60;

/** The order of the query in `aws eks get-token`, so that both produce the same bytes. */
const queryOrder = [
  'Action',
  'Version',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
];

/**
 * Creates the bearer token for the Kubernetes API of an EKS cluster: a signed request for the caller's identity, which
 * is never sent. This needs no network and no AWS permission. A token is a credential: never log one.
 *
 * @returns `k8s-aws-v1.` and the signed URL in base64url without padding, byte for byte as `aws eks get-token` prints
 *   it
 */
export async function eksToken({ cluster, region, credentials, now }: EksTokenInput): Promise<string> {
  const hostname = stsHost(region);
  const signer = new SignatureV4({ service: 'sts', region, credentials, sha256: Sha256 });
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, 'x-k8s-aws-id': cluster },
    },
    { signingDate: new Date(now), expiresIn: expiresInSeconds },
  );
  const search = queryOrder
    .filter((name) => query[name] !== undefined && query[name] !== null)
    .map((name) => `${name}=${encodeURIComponent(String(query[name]))}`)
    .join('&');
  return `k8s-aws-v1.${Buffer.from(`https://${hostname}/?${search}`).toString('base64url')}`;
}

/**
 * Domain suffixes of the partitions other than `aws` and `aws-us-gov`, by the prefix of their regions (botocore's
 * partitions.json).
 */
const suffixes: Readonly<Record<string, string>> = {
  'cn-': 'amazonaws.com.cn',
  'eusc-': 'amazonaws.eu',
  'us-iso-': 'c2s.ic.gov',
  'us-isob-': 'sc2s.sgov.gov',
  'us-isof-': 'csp.hci.ic.gov',
  'eu-isoe-': 'cloud.adc-e.uk',
};

function stsHost(region: string): string {
  const prefix = Object.keys(suffixes).find((one) => region.startsWith(one));
  return `sts.${region}.${prefix === undefined ? 'amazonaws.com' : suffixes[prefix]}`;
}
