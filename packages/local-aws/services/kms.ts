/**
 * KMS, as far as keys that sign go: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html,
 * API_GetPublicKey.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
 */
import { createHash, randomUUID } from 'node:crypto';
import type { GetPublicKeyCommandInput, SignCommandInput } from '@aws-sdk/client-kms';
import { p256 } from '@noble/curves/nist.js';
import * as v from 'valibot';
import { type Authorization, AwsError, type Environment, operation, type Service } from '../gateway/service.ts';
import type { ResourceType } from '../template/resource.ts';
import { TemplateError } from '../template/template-error.ts';
import { BooleanSchema, integer, propertyNames, readProperties, TagsSchema } from './properties.ts';

const KeySchema = v.strictObject({
  Description: v.optional(v.pipe(v.string(), v.maxLength(8_192))),
  Enabled: v.optional(BooleanSchema, true),
  KeyPolicy: v.looseObject({ Statement: v.array(v.looseObject({})) }),
  KeySpec: v.literal('ECC_NIST_P256', 'only ECC_NIST_P256 is modelled here'),
  KeyUsage: v.literal('SIGN_VERIFY', 'only SIGN_VERIFY is modelled here'),
  PendingWindowInDays: v.optional(integer(7, 30)),
  Tags: v.optional(TagsSchema),
});

const algorithm = 'ECDSA_SHA_256';

/** The longest message that is signed as it is, in bytes; longer ones are signed by their digest. */
const longestMessage = 4_096;

/** What precedes the point of a P-256 key in its SubjectPublicKeyInfo. Source: RFC 5480. */
const spkiPrefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

interface Key {
  readonly arn: string;
  readonly secret: Uint8Array;
  policy: unknown;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
}

type AskedSign = Partial<SignCommandInput>;

/** The keys of one account and region. They sign for real. */
export class Kms {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  readonly #env: Environment;
  /** By key id. */
  readonly #keys = new Map<string, Key>();

  constructor(env: Environment) {
    this.#env = env;
    this.resourceTypes = [this.#keyType()];
    this.service = {
      name: 'kms',
      operations: {
        Sign: operation(
          ({ KeyId = '', SigningAlgorithm, MessageType = 'RAW' }: AskedSign) =>
            this.#authorize('Sign', KeyId, {
              'kms:SigningAlgorithm': SigningAlgorithm ?? [],
              'kms:MessageType': MessageType,
            }),
          ({ KeyId = '', Message = new Uint8Array(), MessageType = 'RAW', SigningAlgorithm }) => {
            const key = this.#usable(KeyId, SigningAlgorithm);
            return {
              KeyId: key.arn,
              Signature: signatureOf(key.secret, Message, MessageType),
              SigningAlgorithm: algorithm,
            };
          },
        ),
        GetPublicKey: operation(
          ({ KeyId = '' }: Partial<GetPublicKeyCommandInput>) => this.#authorize('GetPublicKey', KeyId),
          ({ KeyId = '' }) => {
            const key = this.#usable(KeyId, undefined);
            return {
              KeyId: key.arn,
              PublicKey: Buffer.concat([spkiPrefix, p256.getPublicKey(key.secret, false)]),
              KeySpec: 'ECC_NIST_P256' as const,
              KeyUsage: 'SIGN_VERIFY' as const,
              SigningAlgorithms: [algorithm],
            };
          },
        ),
      },
    };
  }

  /** Disables a key or enables it again, as its administrator would. */
  setEnabled(arn: string, enabled: boolean): void {
    this.#key(arn).state = enabled ? 'Enabled' : 'Disabled';
  }

  #authorize(action: string, keyId: string, context = {}): readonly Authorization[] {
    const key = this.#keys.get(idOf(keyId));
    const resource = key?.arn ?? this.#arn(idOf(keyId));
    const right = { action: `kms:${action}`, resource, context };
    // https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html: no principal has a right that the key's
    // policy does not give.
    return [key === undefined ? right : { ...right, resourcePolicy: key.policy, governedByResource: true }];
  }

  #key(keyId: string): Key {
    const key = this.#keys.get(idOf(keyId));
    if (key !== undefined) return key;
    throw new AwsError(
      'NotFoundException',
      `Key '${keyId.startsWith('arn:') ? keyId : this.#arn(keyId)}' does not exist`,
    );
  }

  #usable(keyId: string, asked: string | undefined): Key {
    const key = this.#key(keyId);
    if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`);
    if (key.state === 'PendingDeletion') {
      throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    }
    if (asked !== undefined && asked !== algorithm) {
      throw new AwsError('InvalidKeyUsageException', `Algorithm ${asked} is incompatible with key spec ECC_NIST_P256.`);
    }
    return key;
  }

  #arn(id: string): string {
    return `arn:${this.#env.partition}:kms:${this.#env.region}:${this.#env.account}:key/${id}`;
  }

  #keyType(): ResourceType {
    const read = (logicalId: string, properties: Readonly<Record<string, unknown>>) =>
      readProperties('AWS::KMS::Key', logicalId, KeySchema, properties);
    return {
      type: 'AWS::KMS::Key',
      properties: propertyNames(KeySchema),
      create: (logicalId, properties) => {
        const { KeyPolicy, Enabled } = read(logicalId, properties);
        requireManageable(logicalId, JSON.stringify(KeyPolicy));
        const id = randomUUID();
        const state = Enabled ? 'Enabled' : 'Disabled';
        this.#keys.set(id, { secret: p256.utils.randomSecretKey(), arn: this.#arn(id), policy: KeyPolicy, state });
        return { ref: id, attributes: { Arn: this.#arn(id), KeyId: id } };
      },
      update: (created, { logicalId, after }) => {
        const { KeyPolicy, Enabled } = read(logicalId, after);
        requireManageable(logicalId, JSON.stringify(KeyPolicy));
        const key = this.#key(created.ref);
        key.policy = KeyPolicy;
        key.state = Enabled ? 'Enabled' : 'Disabled';
        return created;
      },
      remove: ({ ref }) => {
        this.#key(ref).state = 'PendingDeletion';
      },
    };
  }
}

/** The id in a key's ARN, or the id itself. */
function idOf(keyId: string): string {
  return keyId.slice(keyId.lastIndexOf('/') + 1);
}

function signatureOf(secret: Uint8Array, message: Uint8Array, type: string): Uint8Array {
  if (type === 'RAW' && message.length > longestMessage) {
    const seen = `1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to ${longestMessage}`;
    throw new AwsError('ValidationException', seen);
  }
  const digest = type === 'RAW' ? createHash('sha256').update(message).digest() : message;
  if (digest.length !== 32)
    throw new AwsError('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  return p256.sign(digest, secret, { prehash: false, format: 'der' });
}

/** A key that its creator could never change again is refused, unless the safety check is turned off. */
function requireManageable(logicalId: string, policy: string): void {
  if (/"kms:(\*|Put\*|PutKeyPolicy)"/.test(policy)) return;
  throw new TemplateError(
    `${logicalId} (AWS::KMS::Key): The new key policy will not allow you to update the key policy in the future.`,
  );
}
