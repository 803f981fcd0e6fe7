import { Sha256 } from '@aws-crypto/sha256-js';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Architecture } from '../../domain/architectures.ts';
import type { Checksums } from '../../domain/catalogue.ts';
import { mirrorKey, readerSessionSeconds, sourceParameters } from '../../domain/mirror.ts';
import { lambdaVariable } from './environment.ts';
import { whileSpreading } from './spread.ts';

/** Where nodes read the mirror. */
export interface MirrorAccess {
  /** The bucket's host. */
  readonly host: string;
  /** The ARN of the role that may read the files, and nothing else. */
  readonly reader: string;
}

interface Session {
  readonly signer: SignatureV4;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/**
 * How long a call waits for a right that is as new as the function. The nodes wait in the queue for the rest, and
 * others are served.
 */
const mostSpreadMs = 6_000;

const client = new STSClient({ maxAttempts: 5 });
let session: Session | undefined;

/**
 * Signs an address of the mirror for each architecture of a version. An address is a secret while it holds: any program
 * that has it can read that one file.
 *
 * @param lifeSeconds how long the addresses hold
 * @returns the document's parameters
 */
export async function signSources(
  access: MirrorAccess,
  checksums: Checksums,
  lifeSeconds: number,
): Promise<Readonly<Record<string, string>>> {
  const { signer } = await sessionFor(access.reader, lifeSeconds);
  const signed = Object.entries(checksums).map(async ([architecture, sha256]) => {
    const request = { method: 'GET', protocol: 'https:', hostname: access.host, path: `/${mirrorKey(sha256)}` };
    const { path, query = {} } = await signer.presign(
      { ...request, headers: { host: access.host }, query: {} },
      { expiresIn: lifeSeconds },
    );
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
    return [
      sourceParameters[architecture as Architecture],
      `https://${access.host}${path}?${pairs.join('&')}`,
    ] as const;
  });
  return Object.fromEntries(await Promise.all(signed));
}

/**
 * A session of the role that outlives the addresses. An address ends with the session that signed it, and nothing
 * states when a function's own session ends, so the function signs with a session of another role.
 */
async function sessionFor(reader: string, lifeSeconds: number): Promise<Session> {
  if (session !== undefined && session.endsAt >= Date.now() + lifeSeconds * 1_000) return session;
  const ask = () =>
    client.send(
      new AssumeRoleCommand({
        RoleArn: reader,
        RoleSessionName: 'airlock-dispatch',
        DurationSeconds: readerSessionSeconds,
      }),
    );
  const { Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = {} } = await whileSpreading(
    'sts:AssumeRole',
    ask,
    ['wait'],
    mostSpreadMs,
  );
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
    throw new Error('AssumeRole answered without credentials');
  session = {
    signer: new SignatureV4({
      service: 's3',
      region: lambdaVariable('AWS_REGION'),
      sha256: Sha256,
      uriEscapePath: false,
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    }),
    endsAt: Expiration.getTime(),
  };
  return session;
}
