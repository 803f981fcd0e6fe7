import { createHash } from 'node:crypto';
import type { Principal } from '../gateway/service.ts';

/** Temporary credentials, as a service issues them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * About as long as the token of an assumed role. AWS names no limit:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
 */
const sessionTokenBytes = 900;

/**
 * Credentials by access key id. They are derived from a counter, so all runs are alike. Nothing outside this process
 * accepts them.
 */
export class CredentialStore {
  readonly #principals = new Map<string, Principal>();
  readonly #secrets = new Map<string, Credentials>();

  readonly #expiries = new Map<string, number>();

  /** @param expiresAt milliseconds since the epoch; never by default */
  issue(principal: Principal, expiresAt?: number): Credentials {
    const hash = createHash('sha256').update(`${this.#principals.size}`).digest();
    const accessKeyId = `ASIA${base32(hash).slice(0, 16)}`;
    const credentials = {
      accessKeyId,
      secretAccessKey: hash.toString('base64').slice(0, 40),
      sessionToken: Buffer.from(
        `local:${accessKeyId}`.padEnd(expiresAt === undefined ? 0 : sessionTokenBytes, '.'),
      ).toString('base64'),
    };
    this.#principals.set(accessKeyId, principal);
    this.#secrets.set(accessKeyId, credentials);
    if (expiresAt !== undefined) this.#expiries.set(accessKeyId, expiresAt);
    return credentials;
  }

  principal(accessKeyId: string): Principal | undefined {
    return this.#principals.get(accessKeyId);
  }

  /** When an access key expires, in milliseconds since the epoch. */
  expiry(accessKeyId: string): number | undefined {
    return this.#expiries.get(accessKeyId);
  }

  /** The full credentials for an access key id, with which a service verifies a signature. */
  credentials(accessKeyId: string): Credentials | undefined {
    return this.#secrets.get(accessKeyId);
  }
}

function base32(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return [...bytes].map((byte) => alphabet[byte & 31]).join('');
}
