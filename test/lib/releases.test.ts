import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Severity } from '../../domain/advisories.ts';
import type { Catalogue } from '../../domain/catalogue.ts';
import { VersionsSchema } from '../../domain/tags.ts';
import { ConfigError } from '../../lib/config/config-error.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { advisoryWarnings, versionsOf } from '../../lib/config/versions.ts';
import { shipped } from '../ssm-documents/node.ts';

const read = (text: string) => versionsOf(parseConfig(`clusters: [{name: demo}]\n${text}`), shipped);

describe('the floor of a runtime', () => {
  it('is absent by default, because advisories withdraw versions', () => {
    expect(read('runtimes: {gvisor: {}}').gvisor?.floor).toBeUndefined();
  });

  it('is minimumVersion if airlock.yaml sets it', () => {
    expect(read('runtimes: {gvisor: {minimumVersion: "20260921.0"}}').gvisor?.floor).toEqual({
      version: '20260921.0',
      because: 'minimumVersion in airlock.yaml',
    });
  });

  it.each([
    [
      'runtimes: {gvisor: {minimumVersion: "20260101.0"}}',
      'runtimes.gvisor.minimumVersion: is "20260101.0"; accepted: 20260831.0, 20260921.0, 20260928.0, 20261005.0',
    ],
    [
      'runtimes: {gvisor: {minimumVersion: "20261005.0"}}',
      'runtimes.gvisor.minimumVersion: is "20261005.0"; accepted: 20260928.0, the default, or an older one',
    ],
    [
      'runtimes: {gvisor: {minimumVersion: "20260928.0", version: "20260831.0"}}',
      'runtimes.gvisor.version: is "20260831.0"; accepted: 20260928.0, 20261005.0',
    ],
    ['proof: host', 'proof: is "host"; accepted: pod, or runtimes without sysbox'],
  ])('is refused by field in: %s', (text, message) => {
    expect(() => read(text)).toThrow(ConfigError);
    expect(() => read(text)).toThrow(message);
  });

  it('allows the proof on the host for runtimes for which it is sufficient', () => {
    expect(Object.keys(read('proof: host\nruntimes: {gvisor: {}, kata: {}}'))).toEqual(['gvisor', 'kata']);
  });
});

/** The shipped catalogue, in which an advisory affects gVisor before a version. */
function withAdvisory(before: string, severity: Severity): Catalogue {
  const { gvisor } = shipped.runtimes;
  const [advisory] = gvisor?.advisories ?? [];
  if (gvisor === undefined || advisory === undefined) throw new Error('the catalogue has no advisory about gVisor');
  const { fixedIn: _, ...open } = advisory;
  const advisories = [{ ...open, severity, affected: [{ before }] }];
  return { ...shipped, runtimes: { ...shipped.runtimes, gvisor: { ...gvisor, advisories } } };
}

describe('a version that an advisory affects', () => {
  const high = withAdvisory('20260928.0', 'high');
  const gvisorOf = (text: string, catalogue: Catalogue) =>
    versionsOf(parseConfig(`clusters: [{name: demo}]\n${text}`), catalogue).gvisor;
  const because = 'CVE-2026-96812, high, not fixed in any version';

  it('is withdrawn from the severity on that airlock.yaml sets, which is high by default', () => {
    const gvisor = gvisorOf('', high);
    expect(gvisor?.withdrawn).toEqual({ '20260831.0': because, '20260921.0': because });
    // Admission gets it in a variable.
    expect(v.parse(VersionsSchema, { gvisor })).toEqual({ gvisor });
    expect(gvisorOf('withdrawAt: critical', high)?.withdrawn).toBeUndefined();
    expect(gvisorOf('', withAdvisory('20260928.0', 'medium'))?.withdrawn).toBeUndefined();
    expect(Object.keys(gvisorOf('withdrawAt: low', withAdvisory('20260928.0', 'low'))?.withdrawn ?? {})).toHaveLength(
      2,
    );
  });

  it('is withdrawn only with the configuration that exposes a node', () => {
    const name = 'io.katacontainers.config.hypervisor.default_vcpus';
    expect(read('').kata?.withdrawn).toBeUndefined();
    expect(Object.keys(read(`runtimes: {kata: {annotations: [${name}]}}`).kata?.withdrawn ?? {})).toEqual([
      '4.2.0',
      '4.1.0',
    ]);
  });

  it.each(['sever', 'High', '7.9'])('is not withdrawn by the word %s', (word) => {
    expect(() => parseConfig(`clusters: [{name: demo}]\nwithdrawAt: ${word}`)).toThrow(
      'accepted: low, medium, high or critical',
    );
  });
});

describe('a deployment warns', () => {
  const warn = (text: string, catalogue = shipped) => {
    const config = parseConfig(`clusters: [{name: demo}]\n${text}`);
    return advisoryWarnings(versionsOf(config, catalogue), config, catalogue);
  };

  it('of each advisory that affects a default version, and of no other', () => {
    const warnings = Object.entries(warn(''));

    expect(warnings.map(([id]) => id)).toEqual(['airlock:sysbox:sysbox-0.7.2-read-only']);
    for (const [, text] of warnings)
      expect(text).toMatch(/^sysbox 0.7.1: .*, medium, fixed in 0.7.2: .* \(https:.*\)$/);
  });

  it('of a withdrawn version by field, with what is accepted', () => {
    expect(warn('runtimes: {gvisor: {version: "20260831.0"}}', withAdvisory('20260928.0', 'high'))).toMatchObject({
      'airlock:gvisor:withdrawn':
        'airlock.yaml: runtimes.gvisor.version: is 20260831.0, which is withdrawn, so launches that get it are refused: CVE-2026-96812, high, not fixed in any version; accepted: 20260928.0, 20261005.0',
    });
    expect(warn('runtimes: {gvisor: {}}', withAdvisory('20270101.0', 'high'))).toMatchObject({
      'airlock:gvisor:withdrawn': expect.stringMatching(
        /^airlock.yaml: runtimes.gvisor.version: is 20260928.0 by default, .*; no accepted version is pinned$/,
      ),
    });
  });
});
