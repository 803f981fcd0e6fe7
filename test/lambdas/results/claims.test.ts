import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/ledger.ts';
import { runtimeTraits } from '../../../domain/runtimes.ts';
import { decideAnswer, ownerOf } from '../../../lambdas/results/decide.ts';
import { runs } from '../../hostile.ts';
import { installation, launch, maybe, present } from '../arbitraries.ts';

describe('whatever a node reports as installed', () => {
  const run: RunRecord = {
    instanceId: launch.instanceId,
    launchedAt: launch.launchedAt,
    cluster: 'demo',
    pool: 'ci',
    document: 'airlock-gvisor-install-abc',
    batchId: 'batch',
    request: { runtime: 'gvisor', version: '20260928.0' },
    checksums: { x86_64: 'a'.repeat(64), aarch64: 'b'.repeat(64) },
  };
  const said = fc.record({
    airlock: fc.constant(1),
    verb: fc.constantFrom('install', 'prove', 'uninstall'),
    runtime: fc.constantFrom('gvisor', 'kata'),
    version: fc.constantFrom('20260928.0', '20250101.0'),
    outcome: fc.constantFrom('installed', 'already-installed', 'proven', 'proof-failed', 'released'),
    detail: fc.constant(''),
    handler: fc.constantFrom('runsc', 'kata-qemu', 'runc'),
    sha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64), ''),
    host: fc.constantFrom('x86_64', 'aarch64', 'riscv64').map((arch) => ({ ...installation.host, arch })),
    config: fc.constant('edited'),
    restarts: fc.constant(1),
    phases: fc.constant({ fetch: 1 }),
  });
  const standings = fc.record({
    status: fc.constantFrom('Success', 'Failed', 'TimedOut'),
    statusDetails: fc.constant('x'),
    responseCode: fc.constantFrom(-1, 0, 1),
    document: fc.constantFrom('airlock-gvisor-install-abc', 'airlock-gvisor-prove-abc', 'AWS-RunShellScript'),
    comment: fc.constantFrom('batch', 'by hand', ''),
  });

  it('it has proven only what it was sent, and only that is recorded', () => {
    fc.assert(
      fc.property(said, standings, (result, standing) => {
        const answer = decideAnswer(run, 'c', { ...standing, output: JSON.stringify(result) }, launch.launchedAt);
        const sent = run.checksums?.[result.host.arch as 'x86_64'];
        const proven =
          standing.status === 'Success' &&
          result.verb === 'install' &&
          (result.outcome === 'installed' || result.outcome === 'already-installed') &&
          result.runtime === 'gvisor' &&
          result.version === '20260928.0' &&
          result.handler === runtimeTraits.gvisor.handlers[0] &&
          sent !== undefined &&
          result.sha256 === sent;
        expect(answer.answer).toBe(proven ? 'success' : 'failure');
        if (answer.answer === 'success')
          expect(answer.installation).toMatchObject({
            runtime: 'gvisor',
            version: '20260928.0',
            handler: 'runsc',
            sha256: sent,
            document: run.document,
          });
      }),
      runs,
    );
  });

  it('a command belongs to an attempt only by its id or its batch, and by the document that was claimed', () => {
    fc.assert(
      fc.property(standings, maybe('c', 'other'), (standing, commandId) => {
        const known = { ...run, ...present({ commandId }) };
        const owner = ownerOf([known], 'c', { ...standing, output: '' });
        const byId = commandId === 'c';
        const byBatch = commandId === undefined && standing.comment === 'batch';
        expect(owner !== undefined).toBe(standing.document === run.document && (byId || byBatch));
      }),
      runs,
    );
  });
});
