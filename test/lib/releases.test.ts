import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../lib/config/config-error.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { advisoriesOf, versionsOf } from '../../lib/config/versions.ts';
import { shipped } from '../ssm-documents/node.ts';

const read = (text: string) => versionsOf(parseConfig(`clusters: [{name: demo}]\n${text}`), shipped);

describe('the floor of a runtime', () => {
  it("is the one in the catalogue's advisory", () => {
    expect(read('runtimes: {gvisor: {}}').gvisor?.floor).toEqual({
      version: '20260824.0',
      because: expect.stringMatching(/^CVE-2026-96812: /),
    });
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

describe('the advisories', () => {
  it('warn of each version that nodes get by default, and of no other', () => {
    const warnings = Object.values(advisoriesOf(read(''), shipped));

    expect(warnings.map((text) => text.split(':')[0])).toEqual(['kata 4.2.0', 'sysbox 0.7.1']);
    for (const text of warnings) expect(text).toMatch(/ \(https:.*\)$/);
  });
});
