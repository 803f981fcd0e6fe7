// Behaviour from https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html and
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
import { createHash, createPublicKey, verify } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { here, type Principal } from '../../gateway/service.ts';
import { Iam } from '../../iam/iam.ts';
import { readPolicy } from '../../iam/policy.ts';
import { Kms } from '../../services/kms.ts';
import { make, PermissiveAws, someone } from './permissive.ts';

const root = { AWS: `arn:aws:iam::${here.account}:root` };
const manage = { Effect: 'Allow', Principal: root, Action: 'kms:Put*', Resource: '*' };
const spec = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' };
const message = Buffer.from('a receipt');
const digest = createHash('sha256').update(message).digest();

let aws: PermissiveAws;
let kms: Kms;

beforeEach(() => {
  aws = new PermissiveAws(new VirtualClock(0));
  kms = new Kms(here);
  aws.add(kms.service);
});

async function makeKey(...statements: readonly object[]): Promise<string> {
  const KeyPolicy = { Version: '2012-10-17', Statement: [manage, ...statements] };
  const { attributes } = await make(aws, kms.resourceTypes, 'AWS::KMS::Key', { ...spec, KeyPolicy });
  return String(attributes['Arn']);
}

const sign = (KeyId: string, more: object = {}) =>
  aws.call(someone, 'kms', 'Sign', {
    KeyId,
    Message: digest,
    MessageType: 'DIGEST',
    SigningAlgorithm: 'ECDSA_SHA_256',
    ...more,
  }) as Promise<{ readonly Signature: Uint8Array }>;

describe('a key', () => {
  it('signs a message and its digest alike, and its public key verifies both', async () => {
    const key = await makeKey();
    const { PublicKey } = (await aws.call(someone, 'kms', 'GetPublicKey', { KeyId: key })) as { PublicKey: Buffer };
    const publicKey = createPublicKey({ key: PublicKey, format: 'der', type: 'spki' });
    for (const more of [{}, { Message: message, MessageType: 'RAW' }]) {
      const { Signature } = await sign(key, more);
      expect(verify('sha256', message, publicKey, Signature)).toBe(true);
      expect(verify('sha256', Buffer.from('another'), publicKey, Signature)).toBe(false);
    }
  });

  it.each([
    ['a digest of another length', { Message: digest.subarray(1) }, 'ValidationException'],
    ['a message over 4,096 bytes', { Message: Buffer.alloc(4_097), MessageType: 'RAW' }, 'ValidationException'],
    ['another algorithm', { SigningAlgorithm: 'RSASSA_PSS_SHA_256' }, 'InvalidKeyUsageException'],
  ])('refuses %s', async (_, more, code) => {
    const key = await makeKey();
    await expect(sign(key, more)).rejects.toMatchObject({ code });
  });

  it('signs nothing while it is disabled, or if it does not exist', async () => {
    const key = await makeKey();
    kms.setEnabled(key, false);
    await expect(sign(key)).rejects.toMatchObject({ code: 'DisabledException' });
    kms.setEnabled(key, true);
    await expect(sign(key)).resolves.toMatchObject({ KeyId: key });
    await expect(sign(`${key}0`)).rejects.toMatchObject({ code: 'NotFoundException' });
  });

  it('is refused if its policy leaves it without anyone who may change the policy', async () => {
    const KeyPolicy = { Version: '2012-10-17', Statement: [{ ...manage, Action: 'kms:Sign' }] };
    const made = make(aws, kms.resourceTypes, 'AWS::KMS::Key', { ...spec, KeyPolicy });
    await expect(made).rejects.toThrow(/will not allow you to update the key policy/);
  });
});

describe("a key's policy", () => {
  const roleArn = `arn:aws:iam::${here.account}:role/signer`;
  const principal: Principal = { kind: 'role', roleArn, sessionName: 'x' };
  const wanted = { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' };
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] };

  /** What IAM says to a role that may do everything by its own policies, or nothing. */
  async function denial(statements: readonly object[], own: object | undefined): Promise<string | undefined> {
    const key = await makeKey(...statements);
    const iam = new Iam(here, new VirtualClock(0));
    const policies = own === undefined ? new Map() : new Map([['own', readPolicy(own)]]);
    iam.roles.set('signer', {
      arn: roleArn,
      name: 'signer',
      id: 'AROA',
      trust: { statements: [] },
      policies,
      tags: {},
    });
    const [right] =
      kms.service.operations['Sign']?.authorize({ KeyId: key, ...wanted } as never, { principal, now: 0 }) ?? [];
    if (right === undefined) throw new Error('signing needs no right');
    return iam.deny(principal, right);
  }

  it('alone gives the right to sign: a role that may do everything by its own policies is denied', async () => {
    expect(await denial([], everything)).toMatch(/no resource-based policy allows the kms:Sign action/);
  });

  it('gives it to a role that it names, under its conditions', async () => {
    const to = (MessageType: string) => ({
      Effect: 'Allow',
      Principal: { AWS: roleArn },
      Action: 'kms:Sign',
      Resource: '*',
      Condition: { StringEquals: { 'kms:MessageType': MessageType } },
    });
    expect(await denial([to('DIGEST')], undefined)).toBeUndefined();
    expect(await denial([to('RAW')], undefined)).toMatch(/is not authorized/);
  });

  it('may leave it to the account, whose own policies then decide', async () => {
    const left = [{ Effect: 'Allow', Principal: root, Action: 'kms:Sign', Resource: '*' }];
    expect(await denial(left, everything)).toBeUndefined();
    expect(await denial(left, undefined)).toMatch(/no identity-based policy allows/);
  });
});
