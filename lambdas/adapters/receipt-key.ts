import { createHash } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { whileSpreading } from './spread.ts';

const client = new KMSClient({ maxAttempts: 5 });

/** A public key. */
export interface PublicKey {
  /** The SHA-256 of its SubjectPublicKeyInfo in DER, which anyone can compute who has the key. */
  readonly keyId: string;
  readonly pem: string;
}

const known = new Map<string, Promise<PublicKey>>();

/** Condenses text or bytes with SHA-256, into hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * Reads the public key of a KMS key, once in each environment of a function. The right to read it may be as new as the
 * key.
 */
export function publicKeyOf(arn: string): Promise<PublicKey> {
  const read = known.get(arn) ?? readPublicKey(arn);
  known.set(arn, read);
  // A failed call is not kept.
  read.catch(() => known.delete(arn));
  return read;
}

async function readPublicKey(arn: string): Promise<PublicKey> {
  const ask = () => client.send(new GetPublicKeyCommand({ KeyId: arn }));
  const { PublicKey: spki = new Uint8Array() } = await whileSpreading('kms:GetPublicKey', ask);
  const lines =
    Buffer.from(spki)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const pem = ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
  return { keyId: sha256(spki), pem };
}

/**
 * Signs a message with ECDSA on P-256 and SHA-256. KMS gets the digest only, which may be of a longer message than it
 * accepts.
 */
export async function sign(arn: string, message: Uint8Array): Promise<Uint8Array> {
  const { Signature = new Uint8Array() } = await client.send(
    new SignCommand({
      KeyId: arn,
      MessageType: 'DIGEST',
      Message: createHash('sha256').update(message).digest(),
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  return Signature;
}
