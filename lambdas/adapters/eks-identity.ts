import { eksToken } from './eks-token.ts';
import { lambdaVariable } from './environment.ts';

/** Decodes the certificate authority, which EKS returns as base64 of its PEM. Throws if the text is something else. */
export function pem(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString();
  if (text.startsWith('-----BEGIN CERTIFICATE-----')) return text;
  throw new Error('environment variable CLUSTER_CA is not the base64 of a PEM certificate');
}

/** Creates a token for a cluster from the function's own credentials. */
export function ownToken(cluster: string): Promise<string> {
  const sessionToken = process.env['AWS_SESSION_TOKEN'];
  return eksToken({
    cluster,
    region: lambdaVariable('AWS_REGION'),
    now: Date.now(),
    credentials: {
      accessKeyId: lambdaVariable('AWS_ACCESS_KEY_ID'),
      secretAccessKey: lambdaVariable('AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  });
}
