import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, inject, it } from 'vitest';
import { readPeriod } from '../../cli/report/read.ts';
import { ReportSchema } from '../../cli/report/schema.ts';
import { summarize } from '../../cli/report/summarize.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import { launch, settle, startSimulation } from '../scenarios/scenario.ts';
import { airlock } from './airlock.ts';
import { served } from './served.ts';

it('report summarizes the launches of a period, and goes on when AWS throttles or gives an empty page', async () => {
  const defects: ConstructorParameters<typeof ModelledMachine>[0][] = [[], ['not-sandboxed']];
  const world = await startSimulation([], async () => new ModelledMachine(defects.shift() ?? []));
  const nodes = [await launch(world), await launch(world)];
  await settle(world);
  const { source, environment } = await served(world);
  // More than one page of the group has no event of a breaker.
  for (let line = 0; line < 3; line++) world.cloud.logs.append(source.group, 'padding', 'x'.repeat(600_000));
  const scope = { cluster: 'demo', pool: 'sandboxed', version: 'gvisor@1' };
  const opened = {
    source: 'airlock',
    time: new Date(world.clock.now()).toISOString(),
    'detail-type': 'Breaker Opened',
    detail: { ...scope, failed: 3, passed: 1 },
  };
  world.cloud.logs.append(source.group, 'padding', JSON.stringify(opened));
  const refused = new Map([
    ['Scan', 2],
    ['FilterLogEvents', 2],
  ]);
  world.cloud.faults = {
    beforeCall: ({ operation }) => {
      const left = refused.get(operation) ?? 0;
      refused.set(operation, left - 1);
      const code = operation === 'Scan' ? 'ProvisionedThroughputExceededException' : 'ThrottlingException';
      return left > 0 ? new AwsError(code, 'Rate exceeded') : undefined;
    },
  };

  const period = { since: world.clock.now() - 3_600_000, until: world.clock.now() };
  const reading = await readPeriod(source, period);
  expect(reading.notChecked).toEqual([]);
  const summary = summarize(reading, period, () => []);
  expect(summary.launches).toMatchObject({ total: 2, byState: { released: 1, quarantined: 1 }, releasedPercent: 50 });
  expect(summary.worst.map(({ instanceId }) => instanceId).toSorted()).toEqual(
    nodes.map(({ instanceId }) => instanceId).toSorted(),
  );
  expect(summary.waits.map(({ launches }) => launches)).toEqual([1, 1, 1, 1]);
  expect(summary.breakers).toMatchObject([{ change: 'opened', because: '3 of 4 failed' }]);
  expect((await readPeriod(source, { since: 0, until: 1 })).runs).toEqual([]);

  const file = join(mkdtempSync(join(inject('scratch'), 'report-')), 'report.html');
  const { code, err, out } = await airlock(['report', '--html', file, '--json'], environment);
  expect(code).toBe(0);
  expect(err).toBe('');
  expect(v.is(ReportSchema, JSON.parse(out))).toBe(true);
  expect(readFileSync(file, 'utf8')).toContain('<h1>Airlock report</h1>');
  world.cloud.faults = {
    beforeCall: ({ operation }) =>
      operation === 'Scan' ? new AwsError('AccessDeniedException', 'not authorized') : undefined,
  };
  const missing = await airlock(['report', '--since', '1h'], environment);
  expect(missing.code).toBe(3);
  expect(missing.out).toContain('could not look at the ledger');
  const wrong = await airlock(['report', '--since', '1w'], environment);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('a whole number with m, h or d');
}, 180_000);
