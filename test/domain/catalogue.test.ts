import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isAffected } from '../../domain/advisories.ts';
import { CatalogueError, defaultVersion, parseCatalogue, runtimeOf, versionOf } from '../../domain/catalogue.ts';
import { runtimes } from '../../domain/runtimes.ts';

const text = readFileSync(new URL('../../ssm-documents/catalogue.yaml', import.meta.url), 'utf8');

describe('the catalogue that comes with Airlock', () => {
  const catalogue = parseCatalogue(text);

  it('has a default version of gVisor that is pinned for both architectures', () => {
    const version = versionOf(catalogue, 'gvisor', defaultVersion(catalogue, 'gvisor'));

    expect(Object.keys(version?.artifacts ?? {})).toEqual(['x86_64', 'aarch64']);
  });

  it('names in each address the version and the architecture that it pins', () => {
    for (const { version: release, artifacts } of runtimeOf(catalogue, 'gvisor').versions) {
      for (const [architecture, artifact] of Object.entries(artifacts)) {
        expect(artifact?.url).toContain(release);
        expect(artifact?.url).toContain(architecture);
      }
    }
  });

  it('gives no node a version with an advisory if another is available', () => {
    for (const runtime of runtimes) {
      const { default: usual, advisories, versions: releases } = runtimeOf(catalogue, runtime);
      const clean = releases.filter(({ version }) => !advisories.some((one) => isAffected(one, version)));
      if (clean.length > 0) expect(clean.map(({ version }) => version)).toContain(usual);
    }
  });

  it('knows the first gVisor with the fix for CVE-2026-96812, and pins none without it', () => {
    const { advisories, versions: releases } = runtimeOf(catalogue, 'gvisor');

    expect(advisories).toMatchObject([{ id: 'CVE-2026-96812', severity: 'high', fixedIn: '20260824.0' }]);
    expect(releases.filter(({ version }) => advisories.some((one) => isAffected(one, version)))).toEqual([]);
  });

  it('recommends no host for Sysbox, whose issues 1035 and 1025 report the recommended one, and requires a pod', () => {
    const { goodHost, proof } = runtimeOf(catalogue, 'sysbox');

    expect(goodHost).toMatch(/^none;/);
    expect(proof).toBe('pod');
  });

  it('pins no checksum twice', () => {
    const sums = runtimeOf(catalogue, 'gvisor').versions.flatMap(({ artifacts }) =>
      Object.values(artifacts).map((artifact) => artifact?.sha256),
    );

    expect(new Set(sums).size).toBe(sums.length);
  });
});

describe('an invalid catalogue is refused by field', () => {
  const refused: readonly (readonly [string, string, string, string])[] = [
    [
      'an address without https',
      'url: https://github.com',
      'url: http://github.com',
      'an https address without a query',
    ],
    ['an address that could leave its quotes', 'gvisor-x86_64.tar.zstd', "gvisor'$(id)'.tar.zstd", 'an https address'],
    ['a checksum that is too short', '1f2a732d', '1f', '64 hexadecimal digits'],
    ['a default that is not pinned', 'default: "20260928.0"', 'default: "20260101.0"', 'the default must be one of'],
    ['a version that YAML takes for a number', 'before: "5.6"', 'before: 5.6', 'a version in quotes'],
    ['an unknown key', 'version: 1', 'version: 1\nextra: 1', 'extra'],
    ['a release that occurs twice', 'version: "20260921.0"', 'version: "20260928.0"', 'must not occur twice'],
    [
      'a refusal without a reason',
      'reason: gVisor needs Linux 5.6 or newer',
      'room: 1',
      'runtimes.gvisor.rules.1.reason',
    ],
    [
      'a refusal without the nearest good choice',
      'instead: version 20260928.0',
      'handlers: [runsc]',
      'runtimes.gvisor.rules.0.instead',
    ],
    [
      'a default with an advisory beside a release without one',
      'affected: [{ before: "20260824.0" }]\n        fixedIn: "20260824.0"',
      'affected: [{ before: "20261001.0" }]',
      'a version without an advisory',
    ],
    [
      'an advisory whose fix is affected',
      'fixedIn: "20260824.0"',
      'fixedIn: "20260823.0"',
      'runtimes.gvisor.advisories.0: fixedIn outside the affected versions',
    ],
    [
      'an advisory about no version',
      'affected: [{ before: "20260824.0" }]',
      'affected: [{}]',
      'runtimes.gvisor.advisories.0.affected.0: a range of versions: from, before or both',
    ],
    [
      'an advisory with another severity',
      'severity: high',
      'severity: bad',
      'runtimes.gvisor.advisories.0.severity: low, medium, high, critical; seen: "bad"',
    ],
    [
      'an advisory without a day',
      'published: "2026-09-25"',
      'published: "soon"',
      'runtimes.gvisor.advisories.0.published: a day in quotes',
    ],
    [
      'an advisory that occurs twice',
      'id: CVE-2026-44210',
      'id: CVE-2026-47243',
      'runtimes.kata: an advisory must not occur twice',
    ],
    ['something that is no YAML', 'version: 1', 'version: [', 'not valid YAML'],
  ];

  it.each(refused)('%s', (_, from, to, message) => {
    expect(text).toContain(from);

    expect(() => parseCatalogue(text.replace(from, to))).toThrow(CatalogueError);
    expect(() => parseCatalogue(text.replace(from, to))).toThrow(message);
  });

  it('a runtime without releases is named together with those that have some', () => {
    const gvisorAlone = text.slice(0, text.indexOf('\n  kata:'));
    expect(() => defaultVersion(parseCatalogue(gvisorAlone), 'kata')).toThrow(
      'the catalogue has no versions of kata; it has versions of gvisor',
    );
  });
});
