import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../cli/doctor/report.ts';
import { restrictTo } from '../../cli/doctor/select.ts';
import { type FindingCode, fillIn, findingCodes, findingOf } from '../../domain/findings.ts';
import { accountCases } from './cases/account.ts';
import type { FindingCase } from './cases/case.ts';
import { clusterCases, hosts } from './cases/cluster.ts';
import { imageCases, poolCases } from './cases/pools.ts';
import { rightsCases } from './cases/rights.ts';

/** Each finding with what shows that it is right. One without all three kinds of case does not compile. */
const cases: Readonly<Record<FindingCode, FindingCase>> = {
  ...poolCases,
  ...imageCases,
  ...rightsCases,
  ...clusterCases,
  ...accountCases,
};

const table = (kind: keyof FindingCase) =>
  [...findingCodes.map((code) => [code, cases[code]] as const), ['AL0023', hosts] as const].flatMap(([code, one]) =>
    Object.entries(one[kind]).map(([why, look]) => [code, why, look] as const),
  );

describe('a misconfiguration', () => {
  it.each(table('broken'))('brings %s and nothing else: %s', async (code, _, look) => {
    const { findings, notChecked } = await look();

    expect(findings.map((one) => one.code)).toEqual([code]);
    expect(notChecked).toEqual([]);
    const [found] = findings;
    expect(found?.seen).not.toBe('');
    const { effect, fix } = findingOf(code);
    // With the values of the resource nothing is left to fill in.
    expect(fillIn(`${effect} ${fix}`, found?.values ?? {})).not.toMatch(/\{[a-z]+\}/);
  });
});

it('a tag that keeps a withdrawn version is named with its nodes, the advisory, and when that is due', async () => {
  const broken = cases.AL0040.broken['a tag that names the affected version'];
  const [found] = (await broken?.())?.findings ?? [];
  expect(found).toEqual({
    code: 'AL0040',
    resource: 'pool ci in demo',
    field: 'airlock:runtime',
    seen: '1 node has gvisor@20260810.0: CVE-2026-96812, high, fixed in 20260824.0, due 2026-10-02',
    values: { advisory: 'CVE-2026-96812', runtime: 'gvisor' },
  });
});

describe('a right configuration', () => {
  it.each(table('right'))('is silent for %s: %s', async (_code, _why, look) => {
    const { findings, notChecked } = await look();
    expect(findings).toEqual([]);
    expect(notChecked).toEqual([]);
  });
});

describe('a look that fails', () => {
  it.each(table('blind'))('leaves %s open with exit code 3: %s', async (code, _, look) => {
    const diagnosis = restrictTo([code], await look());

    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.notChecked.map(({ codes }) => codes)).toEqual([[code]]);
    expect(diagnosis.notChecked[0]?.reason).toMatch(/not authorized|cannot be read/);
    expect(exitCodeOf(diagnosis, 'error')).toBe(3);
    expect(exitCodeOf(diagnosis, 'warning')).toBe(3);
  });
});

describe('the table', () => {
  it.each(findingCodes)('has a misconfiguration, a right configuration and a failing look for %s', (code) => {
    const { broken, right, blind } = cases[code];
    const counts = [broken, right, blind].map((kind) => Object.keys(kind).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});
