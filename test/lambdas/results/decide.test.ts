import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasEnded, type InvocationStatus } from '../../../domain/invocation-status.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Result } from '../../../domain/result.ts';
import { decideAnswer, nodeOutcomes, ownerOf } from '../../../lambdas/results/decide.ts';

const run: RunRecord = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-21T09:00:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  token: 'token-1',
  batchId: 'b1',
  claimedAt: '2026-11-21T09:00:40.000Z',
  onlineAt: '2026-11-21T09:00:35.000Z',
  document: 'airlock-gvisor-install-abc',
  request: { runtime: 'gvisor', version: '20260928.0' },
  checksums: { x86_64: 'a'.repeat(64), aarch64: 'b'.repeat(64) },
};
const result: Result = {
  airlock: 1,
  verb: 'install',
  runtime: 'gvisor',
  version: '20260928.0',
  outcome: 'installed',
  detail: '',
  handler: 'runsc',
  sha256: 'a'.repeat(64),
  host: {
    os: 'ubuntu 24.04',
    kernel: '6.8.0',
    arch: 'x86_64',
    containerd: '2.2.1',
    configVersion: 3,
    cgroup: 'v2',
    bootId: 'b',
  },
  config: 'edited',
  restarts: 1,
  phases: { fetch: 12 },
};
const standing = (change: Partial<InvocationStatus>, said: object = result): InvocationStatus => ({
  comment: 'b1',
  document: 'airlock-gvisor-install-abc',
  status: 'Success',
  statusDetails: 'Success',
  responseCode: 0,
  output: JSON.stringify(said),
  ...change,
});
const at = '2026-11-21T09:01:00.000Z';
const answer = (change: Partial<InvocationStatus>, said?: object) =>
  decideAnswer(run, 'c1', standing(change, said), at);

describe("a command's owner", () => {
  it('is found by the command id in the record', () => {
    expect(ownerOf([{ ...run, commandId: 'c1' }], 'c1', standing({ comment: 'other' }))).toBeDefined();
  });

  it('is found by the batch in the comment if dispatch died before it could write the command id', () => {
    expect(ownerOf([run], 'c1', standing({}))).toBe(run);
  });

  it.each([
    ['another command of ours', [{ ...run, commandId: 'c0' }], 'b1'],
    ["another sender's command", [run], 'my own test'],
    ['another document under the same comment', [{ ...run, document: 'airlock-kata-install-abc' }], 'b1'],
    ['an instance that the ledger does not know', [], 'b1'],
  ])('is undefined for %s', (_, runs, comment) => {
    expect(ownerOf(runs, 'c1', standing({ comment }))).toBeUndefined();
  });
});

describe('the answer for the state that waits', () => {
  it('is the installation, with what SSM and the ledger know', () => {
    expect(answer({})).toMatchObject({
      answer: 'success',
      installation: {
        version: '20260928.0',
        document: run.document,
        commandId: 'c1',
        onlineAt: run.onlineAt,
        settledAt: at,
      },
    });
  });

  it('is the outcome that the node reported', () => {
    const said = { ...result, outcome: 'proof-failed', config: 'restored', detail: 'no gVisor' };
    expect(answer({ status: 'Failed', statusDetails: 'Failed' }, said)).toEqual({
      answer: 'failure',
      failure: { outcome: 'proof-failed', detail: "no gVisor; containerd's configuration was restored (command c1)" },
    });
  });

  it.each([
    ['SSM says Failed but the result says installed', { status: 'Failed' }, result],
    ['the result has no host facts', {}, { ...result, host: undefined }],
    ['the node claims to be released', {}, { ...result, outcome: 'released' }],
  ])('is never a success if %s', (_, change, said) => {
    expect(answer(change, said)).toMatchObject({ answer: 'failure', failure: { outcome: 'install-failed' } });
  });

  it.each([
    ['runtime', { runtime: 'kata' }, 'kata', 'gvisor'],
    ['version', { version: '20260831.0' }, '20260831.0', '20260928.0'],
    ['handler', { handler: 'kata-qemu' }, 'kata-qemu', 'runsc'],
    ['sha256', { sha256: 'c'.repeat(64) }, 'c'.repeat(64), 'a'.repeat(64)],
    ['sha256', { host: { ...result.host, arch: 'aarch64' } }, 'a'.repeat(64), 'b'.repeat(64)],
    ['verb', { verb: 'prove', outcome: 'proven' }, 'prove', 'install'],
  ])('is a failed proof if the node reports another %s than it was sent: %j', (field, change, said, sent) => {
    const detail = `the node reports ${field} ${said}, but was sent ${sent} (command c1)`;
    expect(answer({}, { ...result, ...change })).toEqual({
      answer: 'failure',
      failure: { outcome: 'proof-failed', detail },
    });
  });

  it.each([
    ['an architecture that nothing is pinned for', { host: { ...result.host, arch: 'riscv64' } }],
    ['an architecture that is a name of every object', { host: { ...result.host, arch: 'constructor' } }],
  ])('is a failed proof if the node reports %s', (_, change) => {
    expect(answer({}, { ...result, ...change })).toMatchObject({ failure: { outcome: 'proof-failed' } });
  });

  it.each(['instance-gone', 'not-ours', 'breaker-open', 'deadline-passed', 'internal-error'])(
    'is never %s: a node cannot decide that',
    (outcome) => {
      const told = answer({ status: 'Failed', statusDetails: 'Failed' }, { ...result, outcome });
      expect(told).toMatchObject({ answer: 'failure', failure: { outcome: 'install-failed' } });
    },
  );

  it('may be every outcome that a document prints, and no other', () => {
    const folder = join(import.meta.dirname, '..', '..', '..', 'ssm-documents', 'node');
    const scripts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const printed = scripts.flatMap((text) =>
      [...text.matchAll(/\bfail ([a-z]+(?:-[a-z]+)+)/g)].map(([, code]) => code),
    );
    expect([...new Set(printed)].toSorted()).toEqual([...nodeOutcomes].toSorted());
  });

  it('is only the proof if the node was sent to be re-verified', () => {
    const proven = { ...result, verb: 'prove', outcome: 'proven' };
    const sent = { ...run, verb: 'prove' } as const;
    const told = decideAnswer(sent, 'c1', standing({}, proven), at);
    expect(told).toMatchObject({ answer: 'success', installation: { installed: 'already-installed' } });
    const other = decideAnswer(sent, 'c1', standing({}), at);
    expect(other).toMatchObject({ answer: 'failure', failure: { outcome: 'proof-failed' } });
  });

  it.each([
    [{ status: 'TimedOut', statusDetails: 'Delivery Timed Out', output: '' }, 'command-not-delivered'],
    [{ status: 'Cancelled', statusDetails: 'Cancelled', output: '' }, 'command-not-delivered'],
    [{ status: 'Failed', statusDetails: 'Undeliverable', output: '' }, 'command-not-delivered'],
    [{ status: 'Failed', statusDetails: 'Failed', output: 'bash: not found' }, 'install-failed'],
    [{ status: 'Failed', statusDetails: 'Failed', responseCode: -1, output: '' }, 'command-not-delivered'],
    [
      { status: 'TimedOut', statusDetails: 'Execution Timed Out', responseCode: 137, output: '' },
      'command-not-delivered',
    ],
    [{ status: 'Success', statusDetails: 'Success', output: '{"airlock":1,"ver' }, 'command-not-delivered'],
  ])('is %j -> %s if there is no result', (change, outcome) => {
    expect(answer(change)).toMatchObject({ answer: 'failure', failure: { outcome } });
  });

  it.each(['Pending', 'InProgress', 'Delayed', 'Cancelling'])('is not due while the command is %s', (status) => {
    expect(hasEnded(standing({ status }))).toBe(false);
  });
});
