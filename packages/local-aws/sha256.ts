import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { Checksum, SourceData } from '@smithy/types';

/** SHA-256 for the SDK's signers, with this process's OpenSSL: signatures are verified at each call. */
export class Sha256 implements Checksum {
  readonly #secret: Uint8Array | undefined;
  #hash: Hash | Hmac;

  /** @param secret makes it an HMAC */
  constructor(secret?: SourceData) {
    this.#secret = secret === undefined ? undefined : bytes(secret);
    this.#hash = fresh(this.#secret);
  }

  update(data: SourceData): void {
    this.#hash.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    // A separate buffer for each digest would be memory outside of the heap, which triggers the garbage collector.
    return Buffer.from(this.#hash.digest('binary'), 'latin1');
  }

  reset(): void {
    this.#hash = fresh(this.#secret);
  }
}

function fresh(secret: Uint8Array | undefined): Hash | Hmac {
  return secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
}

function bytes(data: SourceData): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
