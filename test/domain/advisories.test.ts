import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Advisory,
  decideExposure,
  describeAdvisory,
  isAffected,
  isAtLeast,
  listWithdrawals,
  severities,
} from '../../domain/advisories.ts';

const advisory: Advisory = {
  id: 'CVE-2026-1',
  summary: 'an escape',
  severity: 'high',
  published: '2026-09-25',
  affected: [{ before: '2.0.5' }, { from: '2.1', before: '2.1.3' }],
  fixedIn: '2.0.5',
  link: 'https://example.com/1',
};
const plain = { handler: 'runsc', annotations: [] };

describe('an advisory', () => {
  it.each([
    ['1.9', true],
    ['2.0.4', true],
    ['2.0.5', false],
    ['2.0.10', false],
    ['2.1', true],
    ['2.1.0', true],
    ['2.1.2', true],
    ['2.1.3', false],
    ['3', false],
  ])('is about version %s: %s', (version, affected) => {
    expect(isAffected(advisory, version)).toBe(affected);
    expect(decideExposure(advisory, version, plain)).toBe(affected ? 'affected' : 'fixed');
  });

  it('is unknown for a node whose version is not known, whatever its configuration', () => {
    expect(decideExposure(advisory, undefined, plain)).toBe('unknown');
    expect(decideExposure({ ...advisory, needs: { summary: 'x', handlers: ['other'] } }, undefined, plain)).toBe(
      'unknown',
    );
  });

  it('applies to a handler that it names, and to no other', () => {
    const needs = { summary: 'Dragonball', handlers: ['kata-dragonball'] };
    const of = (handler: string) =>
      decideExposure({ ...advisory, needs }, '2.0.4', { handler, annotations: undefined });
    expect(of('kata-dragonball')).toBe('affected');
    expect(of('kata-qemu')).toBe('not-exposed');
  });

  it('applies with an annotation whose name or beginning it names, and is unknown if annotations are not known', () => {
    const needs = { summary: 'annotations', annotations: ['io.k.config_path', 'io.k.hypervisor.'] };
    const of = (annotations: readonly string[] | undefined) =>
      decideExposure({ ...advisory, needs }, '2.0.4', { handler: 'kata-qemu', annotations });
    expect(of([])).toBe('not-exposed');
    expect(of(['io.k.agent'])).toBe('not-exposed');
    expect(of(['io.k.hypervisor.path'])).toBe('affected');
    expect(of(['io.k.config_path'])).toBe('affected');
    expect(of(undefined)).toBe('unknown');
  });

  it('applies to every node if what it needs is only described', () => {
    expect(decideExposure({ ...advisory, needs: { summary: 'a kernel with CUSE' } }, '2.0.4', plain)).toBe('affected');
  });

  it('withdraws a version that it affects, from its severity on', () => {
    for (const severity of severities) {
      for (const least of severities) {
        const withdrawn = listWithdrawals([{ ...advisory, severity }], '2.0.4', plain, least).length > 0;
        expect(withdrawn).toBe(severities.indexOf(severity) >= severities.indexOf(least));
        expect(isAtLeast(severity, least)).toBe(withdrawn);
      }
    }
    expect(listWithdrawals([advisory], '2.0.5', plain, 'low')).toEqual([]);
  });

  it('never shows a node as fixed whose version is affected, or that is not known', () => {
    const version = fc.option(fc.constantFrom('1.0', '2.0.4', '2.1.1'), { nil: undefined });
    const names = fc.option(fc.array(fc.constantFrom('io.k.a', 'io.k.hypervisor.b')), { nil: undefined });
    const needs = fc.option(fc.constant<Advisory['needs']>({ summary: 'x', annotations: ['io.k.hypervisor.'] }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(version, names, needs, (version, annotations, needs) => {
        const shown = decideExposure({ ...advisory, needs }, version, { handler: 'kata-qemu', annotations });
        expect(shown).not.toBe('fixed');
        if (needs === undefined && version !== undefined) expect(shown).toBe('affected');
      }),
    );
  });

  it('is named with its severity and its fix', () => {
    expect(describeAdvisory(advisory)).toBe('CVE-2026-1, high, fixed in 2.0.5');
    expect(describeAdvisory({ ...advisory, fixedIn: undefined })).toBe('CVE-2026-1, high, not fixed in any version');
  });
});
