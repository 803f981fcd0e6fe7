import { createHash } from 'node:crypto';
import type { Principal } from '../gateway/service.ts';

/** Temporary credentials, as a service issues them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Credentials by access key id. They are derived from a counter, so all runs are alike. Nothing outside this process accepts them. */
export class CredentialStore {
  readonly #principals = new Map<string, Principal>();
  readonly #secrets = new Map<string, Credentials>();

  issue(principal: Principal): Credentials {
    const hash = createHash('sha256').update(`${this.#principals.size}`).digest();
    const accessKeyId = `ASIA${base32(hash).slice(0, 16)}`;
    const credentials = {
      accessKeyId,
      secretAccessKey: hash.toString('base64').slice(0, 40),
      sessionToken: Buffer.from(`local:${accessKeyId}`).toString('base64'),
    };
    this.#principals.set(accessKeyId, principal);
    this.#secrets.set(accessKeyId, credentials);
    return credentials;
  }

  principal(accessKeyId: string): Principal | undefined {
    return this.#principals.get(accessKeyId);
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
