import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CatalogueError, defaultVersion, parseCatalogue, runtimeOf, versionOf } from '../../domain/catalogue.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { isOlder } from '../../domain/versions.ts';

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

  it('gives no node a version below the floor or with an advisory if another is available', () => {
    for (const runtime of runtimes) {
      const { default: usual, floor, versions: releases } = runtimeOf(catalogue, runtime);
      if (floor !== undefined) expect(isOlder(usual, floor.version)).toBe(false);
      const clean = releases.filter(({ advisories }) => advisories.length === 0).map(({ version: release }) => release);
      if (clean.length > 0) expect(clean).toContain(usual);
    }
  });

  it('knows the first gVisor with the fix for CVE-2026-96812, and pins none without it', () => {
    const { floor, versions: releases } = runtimeOf(catalogue, 'gvisor');

    expect(floor).toMatchObject({ id: 'CVE-2026-96812', version: '20260824.0' });
    expect(releases.filter(({ version: release }) => isOlder(release, '20260824.0'))).toEqual([]);
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
    ['a default below the floor', 'version: "20260824.0"', 'version: "20261001.0"', 'must not be older than the floor'],
    [
      'a default with an advisory beside a release without one',
      '      - version: "20260928.0"\n',
      '      - version: "20260928.0"\n        advisories: [{ id: X-1, reason: broken, link: "https://e.org/" }]\n',
      'a version without an advisory',
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
