import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity } from '@smithy/types';

/** What a token is made of. */
export interface EksTokenInput {
  /** The name of the EKS cluster; a token is good for this cluster alone. */
  readonly cluster: string;
  readonly region: string;
  readonly credentials: AwsCredentialIdentity;
  /** Milliseconds since the epoch: the token is good for 15 minutes from then. */
  readonly now: number;
}

/** EKS ignores how long the signature says it lasts; old authenticators refuse more than 60. */
const expiresInSeconds = 60;

/** The order in which `aws eks get-token` writes the query, so that both make the same bytes. */
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
 * Makes the bearer token that the Kubernetes API of an EKS cluster takes: a signed, never sent request for the caller's identity.
 * Nothing leaves the function for it, and it needs no AWS permission. A token is a credential: never log one.
 *
 * @returns `k8s-aws-v1.` and the signed address in base64url without padding, byte for byte what `aws eks get-token` prints
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

/** Domain suffixes of the partitions other than `aws` and `aws-us-gov`, by how their regions begin (botocore's partitions.json). */
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
