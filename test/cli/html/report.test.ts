import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { parseHTML } from 'linkedom';
import * as v from 'valibot';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readAge } from '../../../cli/report/age.ts';
import { reportPage } from '../../../cli/report/page.ts';
import { printReport } from '../../../cli/report/print.ts';
import { advisoriesIn } from '../../../cli/report/report.ts';
import { type Report, ReportSchema } from '../../../cli/report/schema.ts';
import { type PeriodReading, summarize } from '../../../cli/report/summarize.ts';
import { parseCatalogue } from '../../../domain/catalogue.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import { week, weekOf } from '../fixtures/period.ts';
import { began, failedRun, releasedRun } from '../fixtures/runs.ts';
import { activeParts, hostile, textIn, textsIn } from './hostile.ts';

const advisory = { id: 'CVE-2026-1', reason: 'A guest can leave its sandbox.', link: 'https://example.com/advisory' };
const none = () => [];
const reading = (runs: readonly RunRecord[], change: Partial<PeriodReading> = {}) => ({
  runs,
  breakerEvents: [],
  notChecked: [],
  ...change,
});
const reportOf = (...runs: readonly RunRecord[]): Report => summarize(reading(runs), week, none);
const crowd = summarize(weekOf(5_000), week, ({ version }) => (version === '20260928.0' ? [advisory] : []));

describe('a report', () => {
  it('counts each launch once, by its latest run', () => {
    const rerun = { ...releasedRun(2), launchedAt: `${releasedRun(2).launchedAt} 0001` };
    const { receipt: _, outcome: __, ending: ___, endedAt: ____, ...young } = releasedRun(3);
    const { launches, outcomes } = reportOf(releasedRun(1), failedRun(2, 'proof-failed', ''), rerun, young);
    expect(launches).toEqual({ total: 3, byState: { released: 2, 'under way': 1 }, releasedPercent: 100 });
    expect(outcomes.map(({ outcome, launches: count }) => [outcome, count])).toEqual([['released', 2]]);
  });

  it('takes times from first runs that were released, whole, by pool, by runtime and by version', () => {
    const rerun = { ...releasedRun(3, { endMs: 900_000 }), launchedAt: `${releasedRun(3).launchedAt} 0001` };
    const slow = releasedRun(2, { endMs: 66_500, pool: 'builders', version: '20261116.0' });
    const { times } = reportOf(releasedRun(1), slow, failedRun(4, 'proof-failed', '', { endMs: 800_000 }), rerun);
    expect(times.map(({ by, name, launches, total }) => [by, name, launches, total.p50, total.max])).toEqual([
      ['all', '', 2, 36_500, 66_500],
      ['pool', 'demo builders', 1, 66_500, 66_500],
      ['pool', 'demo sandboxed', 1, 36_500, 36_500],
      ['runtime', 'gvisor', 2, 36_500, 66_500],
      ['version', 'gvisor@20261116.0', 1, 66_500, 66_500],
      ['version', 'gvisor@20260928.0', 1, 36_500, 36_500],
    ]);
    expect(times[0]?.phases.map(({ phase, took }) => [phase, took.p50])).toEqual([
      ['agent online', 22_000],
      ['command sent', 800],
      ['proven on the node', 3_000],
      ['Node Ready', 8_200],
      ['released', 2_500],
    ]);
  });

  it('has no phase for a time that a kubelet puts after the end', () => {
    const [all] = reportOf(releasedRun(1, { readyMs: 90_000 })).times;
    expect(all?.phases.map(({ phase }) => phase)).toEqual([
      'agent online',
      'command sent',
      'proven on the node',
      'released',
    ]);
  });

  it('shows what launches waited for Airlock, less the work on the node and the start of the pod', () => {
    const { waits, commands } = reportOf(releasedRun(1), releasedRun(2), releasedRun(25));
    expect(waits.map(({ p50, aimMs }) => [p50, aimMs])).toEqual([
      [800, 1_000],
      [2_000, 1_000],
      [900, 1_000],
      [3_700, 5_000],
    ]);
    expect(commands).toEqual({ sent: 2, nodesPerCommand: 1.5 });
  });

  it('names the failures first among the worst launches, and leaves room for the slowest releases', () => {
    const failures = crowd.worst.filter(({ outcome }) => outcome !== 'released');
    expect(crowd.worst.length).toBe(20);
    expect(failures.length).toBe(15);
    expect(crowd.worst.slice(0, 15)).toEqual(failures);
    expect(reportOf(releasedRun(1), failedRun(2, 'proof-failed', 'no sandbox')).worst).toMatchObject([
      { outcome: 'proof-failed', detail: 'no sandbox', totalMs: 48_000 },
      { outcome: 'released', slowest: 'agent online 22.0 s' },
    ]);
  });

  it('counts every launch in its course, and every release in its histogram', () => {
    const counted = crowd.course.reduce((sum, { released, failed, underWay }) => sum + released + failed + underWay, 0);
    expect(counted).toBe(5_000);
    expect(crowd.course.length).toBe(57);
    expect(crowd.histogram.reduce((sum, { launches }) => sum + launches, 0)).toBe(crowd.times[0]?.launches);
  });

  it('has the history of breakers, the latest first, and no other event', () => {
    expect(crowd.breakers.map(({ change, because }) => [change, because])).toEqual([
      ['closed', 'after a release'],
      ['opened', '5 of 7 failed'],
    ]);
  });

  it('names the versions that an advisory of the catalogue affects', () => {
    expect(crowd.versions.map(({ request, advisories }) => [request, advisories.length])).toEqual([
      ['gvisor@20261116.0', 0],
      ['gvisor@20260928.0', 1],
    ]);
    const catalogue = parseCatalogue(
      readFileSync(join(import.meta.dirname, '..', '..', '..', 'ssm-documents', 'catalogue.yaml'), 'utf8'),
    );
    const idsOn = (version: string) => advisoriesIn(catalogue)({ runtime: 'kata', version }).map(({ id }) => id);
    expect(idsOn('4.2.0')).toEqual(['kata-4.3.0-annotations', 'kata-4.3.0-dragonball']);
    expect(idsOn('4.3.0')).toEqual([]);
  });

  it('estimates what launches and time cost', () => {
    const { cost } = crowd;
    expect(cost.launches.from).toBeGreaterThan(5 * 0.175);
    expect(cost.launches.to).toBeGreaterThan(cost.launches.from);
    expect(reportOf().cost.launches).toEqual({ from: 0, to: 0 });
    expect(cost.standing).toBeCloseTo((2.85 * 7) / 30, 1);
  });

  it('matches its documented schema, also without a launch', () => {
    for (const report of [crowd, reportOf()]) expect(v.is(ReportSchema, report)).toBe(true);
  });

  it.each([
    ['7d', 604_800_000],
    ['24h', 86_400_000],
    ['90d', 7_776_000_000],
  ])('reads --since %s', (text, ms) => expect(readAge(text)).toBe(ms));

  it.each(['', '7', '0d', '-1d', '1.5h', '91d', '7 d', '7w'])('refuses --since "%s"', (text) => {
    expect(() => readAge(text)).toThrow(InvalidArgumentError);
  });
});

describe('a report in the terminal', () => {
  function printed(columns: number): readonly string[] {
    vi.stubEnv('COLUMNS', String(columns));
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    onTestFinished(() => {
      write.mockRestore();
      vi.unstubAllEnvs();
    });
    printReport({ ...crowd, notChecked: [{ resource: 'the audit log group', reason: 'not authorized' }] });
    return written.join('').split('\n');
  }

  it.each([60, 80, 200])('has no line over %i columns, and no control sequence in a pipe', (columns) => {
    const lines = printed(columns);
    const addresses = /https:/;
    expect(lines.filter((line) => line.length > columns && !addresses.test(line))).toEqual([]);
    expect(lines.join('')).not.toContain('\u001b');
    for (const { instanceId } of crowd.worst) expect(lines.join('\n')).toContain(instanceId);
    expect(lines.join('\n')).toContain('could not look at the audit log group: not authorized');
  });
});

describe('the page of a report', () => {
  it('escapes every text', () => {
    const missed = [{ resource: 'the audit log group x', reason: 'no' }];
    const small = summarize(
      reading([releasedRun(1), failedRun(2, 'proof-failed', 'no sandbox'), releasedRun(3, { pool: 'builders' })], {
        ...weekOf(0),
        runs: [releasedRun(1), failedRun(2, 'proof-failed', 'no sandbox'), releasedRun(3, { pool: 'builders' })],
        notChecked: missed,
      }),
      week,
      () => [advisory],
    );
    const decides = (text: string) => /^(all|pool|runtime|version|opened|closed|https:.*|\d{4}-.*Z)$/.test(text);
    const marked: Report = { ...hostile(small, decides), version: 1 };
    const text = reportPage(marked);
    expect(activeParts(text)).toEqual([]);
    const shown = textIn(text);
    const { since, until, course: _, worst, versions, times, cost, ...rest } = marked;
    // Names of nodes are shown without their domain, and links are no text.
    const others = [worst.map(({ instanceId, outcome, detail }) => [instanceId, outcome, detail]), cost.pricesOf];
    const named = [
      versions.map(({ request, advisories }) => [request, advisories.map(({ id, reason }) => [id, reason])]),
    ];
    for (const one of [...textsIn(rest), ...textsIn(others), ...textsIn(named), ...times.map(({ name }) => name)])
      expect(shown).toContain(one);
  });

  it('of 5,000 launches is no larger than one of 500, and small enough to open at once', () => {
    const elements = (text: string) => parseHTML(text).document.querySelectorAll('*').length;
    const [small, large] = [summarize(weekOf(500), week, none), crowd].map(reportPage);
    expect(Buffer.byteLength(large ?? '')).toBeLessThan(150_000);
    expect(elements(large ?? '')).toBeLessThan(2_000);
    expect(Buffer.byteLength(large ?? '')).toBeLessThan(Buffer.byteLength(small ?? '') * 1.2);
  });

  it('states what is missing if something could not be looked at, and does not call it none', () => {
    const notChecked = [{ resource: 'the audit log group /aws/events/x', reason: 'not authorized' }];
    const text = textIn(reportPage(summarize(reading([releasedRun(1)], { notChecked }), week, none)));
    expect(text).toContain('the audit log group /aws/events/x: not authorized');
    expect(text).not.toContain('No breaker opened or closed.');
  });

  it('is made of a period without a launch, too', () => {
    expect(textIn(reportPage(reportOf()))).toContain('No launch began in this period.');
    expect(began).toBe(week.since);
  });
});
