import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signatureOf } from '../../cli/advisories/signature.ts';
import { checkReceipt, type Expectations, readKeys } from '../../cli/receipt/check.ts';
import { envelopeOf, preAuthEncoding, statementOf } from '../../domain/attestation.ts';
import { parseCatalogue } from '../../domain/catalogue.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { exampleRuntime } from '../../domain/runtimes.ts';

const catalogue = parseCatalogue(
  readFileSync(join(import.meta.dirname, '..', '..', 'ssm-documents', 'catalogue.yaml'), 'utf8'),
);
const [pinned] = catalogue.runtimes[exampleRuntime]?.versions ?? [];
const now = Date.parse('2026-11-28T12:00:00.000Z');
const signedAt = '2026-11-28T10:00:00.000Z';
const receipt: Receipt = {
  version: 2,
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-28T09:59:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-4',
  nodeUid: '0e6e8c0c-6f6c-4f6a-9d2a-1f5f3f3d1c11',
  outcome: 'released',
  detail: '',
  endedAt: '2026-11-28T09:59:40.000Z',
  totalMs: 40_000,
  proof: { kind: 'host' },
  installation: {
    runtime: exampleRuntime,
    version: pinned?.version ?? '',
    sha256: pinned?.artifacts.x86_64?.sha256 ?? '',
    handler: 'handler',
    installed: 'installed',
    host: {
      os: 'ubuntu 24.04',
      kernel: '6.8.0',
      arch: 'x86_64',
      containerd: '2.1.0',
      configVersion: 3,
      cgroup: 'v2',
      bootId: 'boot',
    },
    phases: {},
    restarts: 1,
    document: 'airlock-install-0123456789ab',
    commandId: 'command',
    onlineAt: signedAt,
    sentAt: signedAt,
    settledAt: signedAt,
  },
};
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function signed(
  statement: object = statementOf({ receipt, run: 0, endedBy: 'arn', signedAt }, sha256),
  { privateKey, publicKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } = pair,
): string {
  const payload = Buffer.from(JSON.stringify(statement));
  const keyid = sha256(publicKey.export({ type: 'spki', format: 'der' }));
  return JSON.stringify(envelopeOf(payload, keyid, sign('sha256', preAuthEncoding(payload), privateKey)));
}

/** The checks that fail, with what they say. */
function failing(text: string, expected: Partial<Expectations> = {}) {
  const { checks } = checkReceipt(text, { keys: [pair.publicKey], catalogue, now, ...expected });
  return checks.filter(({ holds }) => !holds).map(({ check, detail }) => `${check}: ${detail}`);
}

describe('a signed receipt', () => {
  it('passes every check', () => {
    const { checks, statement } = checkReceipt(signed(), {
      keys: [pair.publicKey],
      catalogue,
      now,
      maxAgeMs: 3 * 3_600_000,
      subject: { instanceId: receipt.instanceId, launchedAt: receipt.launchedAt, nodeUid: receipt.nodeUid },
    });
    expect(checks.map(({ check, holds }) => [check, holds])).toEqual([
      ['envelope', true],
      ['signature', true],
      ['statement', true],
      ['outcome', true],
      ['subject', true],
      ['version', true],
      ['age', true],
    ]);
    expect(statement?.predicate.receipt).toEqual(receipt);
  });

  it('fails with any byte of its payload, its signature or its key changed', () => {
    const text = signed();
    const { payload, signatures } = JSON.parse(text);
    const parts = { payload, sig: signatures[0].sig, keyid: signatures[0].keyid };
    for (const [name, part] of Object.entries(parts) as [string, string][]) {
      // A last base64 digit may carry bits that decode to nothing.
      const length = part.replace(/=+$/, '').length - (name === 'keyid' ? 0 : 1);
      for (let at = 0; at < length; at++) {
        const digit = part[at] === 'a' ? 'b' : 'a';
        const changed = `${part.slice(0, at)}${digit}${part.slice(at + 1)}`;
        expect(failing(text.replace(part, changed)), `${name}, digit ${at}`).toHaveLength(1);
      }
    }
  });

  it('fails if another key signed it, and names both; after a rotation the old key is given too', () => {
    const old = signed(undefined, other);
    expect(failing(old)).toEqual([
      expect.stringMatching(/^signature: it is by the key [0-9a-f]{64}, and the given keys/),
    ]);
    expect(failing(old, { keys: [pair.publicKey, other.publicKey] })).toEqual([]);
  });

  it.each([
    ['instance', { instanceId: 'i-0fedcba9876543210' }, 'instanceId is i-0123456789abcdef0, not i-0fedcba9876543210'],
    ['launch', { launchedAt: '2026-11-27T09:59:00.000Z' }, /^subject: launchedAt is /],
    ['Node', { nodeUid: 'another' }, /^subject: nodeUid is /],
  ])('fails for another %s', (_, subject, message) => {
    const expectation = typeof message === 'string' ? `subject: ${message}` : expect.stringMatching(message);
    expect(failing(signed(), { subject })).toEqual([expectation]);
  });

  it('fails if its subject was put on another receipt', () => {
    const moved = statementOf(
      { receipt: { ...receipt, instanceId: 'i-0fedcba9876543210' }, run: 0, endedBy: 'arn', signedAt },
      sha256,
    );
    const { subject } = statementOf({ receipt, run: 0, endedBy: 'arn', signedAt }, sha256);
    expect(failing(signed({ ...moved, subject }))).toEqual([
      'subject: the subject and the receipt are about different launches',
    ]);
  });

  it('fails if its version is not the one that the catalogue pins', () => {
    const of = (installation: object) => ({ ...receipt, installation: { ...receipt.installation, ...installation } });
    const failingFor = (one: object) =>
      failing(signed(statementOf({ receipt: one as Receipt, run: 0, endedBy: 'arn', signedAt }, sha256)));
    expect(failingFor(of({ sha256: 'b'.repeat(64) }))).toEqual([expect.stringMatching(/^version: .* pinned is /)]);
    expect(failingFor(of({ version: '1.0' }))).toEqual([
      expect.stringMatching(/^version: the catalogue does not pin /),
    ]);
  });

  it('fails once its run ended too long ago, or in the future', () => {
    const age = now - Date.parse(receipt.endedAt);
    const detail = `age: its run ended at ${receipt.endedAt}`;
    expect(failing(signed(), { maxAgeMs: age })).toEqual([]);
    expect(failing(signed(), { maxAgeMs: age - 1 })).toEqual([detail]);
    expect(failing(signed(), { now: Date.parse(receipt.endedAt) - 600_000 })).toEqual([detail]);
  });

  it('fails if it reports a failure, unless any outcome is accepted', () => {
    const { installation: _, ...rest } = receipt;
    const failed = signed(
      statementOf({ receipt: { ...rest, outcome: 'proof-failed' }, run: 0, endedBy: 'arn', signedAt }, sha256),
    );
    expect(failing(failed)).toEqual([`outcome: proof-failed at ${receipt.endedAt}`]);
    expect(failing(failed, { anyOutcome: true })).toEqual([]);
  });

  it.each([
    ['', 'envelope'],
    ['{"payloadType":"text/plain","payload":"YQ==","signatures":[]}', 'envelope'],
    [signed({ _type: 'https://in-toto.io/Statement/v0.1' }), 'statement'],
  ])('fails with a sentence if it is %#', (text, check) => {
    expect(failing(text)).toEqual([expect.stringMatching(new RegExp(`^${check}: \\S`))]);
  });
});

it('keys are read from PEM, several from one file', () => {
  const pem = [pair, other].map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' })).join('');
  expect(readKeys(pem)).toHaveLength(2);
  expect(() => readKeys('none')).toThrow('there is no public key');
});

describe('the signature of a proof in a closing report', () => {
  const run = { ...receipt, receipt, installation: receipt.installation } as unknown as RunRecord;
  const stateOf = (text: string | undefined, of: RunRecord = run, keys = [pair.publicKey]) =>
    signatureOf(of, text === undefined ? undefined : JSON.parse(text), { keys, catalogue, now });

  it('is verified only with a key that made it', () => {
    expect(stateOf(signed())).toMatchObject({ state: 'verified', detail: '' });
    expect(stateOf(signed(), run, [other.publicKey]).state).toBe('wrong');
    expect(stateOf(signed(), run, [])).toMatchObject({
      state: 'unchecked',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(stateOf(undefined)).toEqual({ state: 'absent', digest: '', detail: '' });
  });

  it('is wrong if the ledger has another launch, another version or another end than the receipt', () => {
    const installation = { ...receipt.installation, version: '1' };
    const others = [
      { ...run, launchedAt: '2026-11-28T09:58:00.000Z' },
      { ...run, receipt: { ...receipt, installation } },
      { ...run, endedAt: '2026-11-28T09:59:41.000Z' },
    ];
    expect(others.map((one) => stateOf(signed(), one as RunRecord).state)).toEqual(['wrong', 'wrong', 'wrong']);
  });
});
