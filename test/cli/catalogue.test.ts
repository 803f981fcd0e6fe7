import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { readHost } from '../../cli/catalogue/host-option.ts';
import { canRunDefaults, catalogueReport, hostReport } from '../../cli/catalogue/reports.ts';
import { CatalogueSchema, HostReportSchema } from '../../cli/catalogue/schemas.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { airlock } from './airlock.ts';

const settings = loadSettings();
const report = (text: string, change: Partial<typeof settings> = {}) =>
  hostReport(runtimes, { node: '', host: readHost(text) }, { ...settings, ...change });
const answer = (text: string, runtime: string, version: string, change: Partial<typeof settings> = {}) =>
  report(text, change)
    .runtimes.find((one) => one.runtime === runtime)
    ?.versions.find((one) => one.version === version);

describe('the facts of --host', () => {
  it('are read by the names that people use', () => {
    expect(readHost('ubuntu=24.04,kernel=6.8,containerd=2.1,kubernetes=1.34,arch=arm64')).toEqual({
      os: 'ubuntu 24.04',
      kernel: '6.8',
      containerd: '2.1',
      kubelet: '1.34',
      arch: 'aarch64',
      cgroup: 'v2',
    });
    expect(readHost('os=debian 13')).toEqual({ os: 'debian 13' });
    expect(readHost('ubuntu=22.04,cgroup=v1')).toMatchObject({ cgroup: 'v1' });
    expect(readHost('ubuntu=20.04')).toEqual({ os: 'ubuntu 20.04' });
  });

  it.each([
    ['color=red', '"color=red" is no fact. Accepted: ubuntu=…, os=…, '],
    ['ubuntu', '"ubuntu" is no fact.'],
    ['toString=1', '"toString=1" is no fact.'],
    ['kernel=new', 'kernel is "new". Accepted: a version'],
    ['arch=mips', 'arch is "mips". Accepted: amd64, x86_64, arm64, aarch64.'],
    ['arch=arm64,arch=amd64', 'arch is given twice.'],
    ['ubuntu=24.04,os=debian 13', 'os is given twice.'],
  ])('are refused if they are %s', (text, message) => {
    expect(() => readHost(text)).toThrow(message);
  });
});

describe('the answer about a host', () => {
  it('is proven, with its source', () => {
    expect(answer('ubuntu=24.04,kernel=6.8,containerd=2.1,arch=amd64', 'gvisor', '20260928.0')).toMatchObject({
      verdict: 'proven',
      isDefault: true,
      link: expect.stringMatching(/^https:/),
      open: [],
    });
  });

  it('is refused with the reason, the closest alternative and a link', () => {
    expect(answer('ubuntu=22.04,kernel=5.4,containerd=2.1,arch=amd64', 'gvisor', '20260928.0')).toMatchObject({
      verdict: 'refused',
      reason: 'gVisor needs Linux 5.6 or newer',
      instead: expect.stringContaining('Ubuntu'),
      link: expect.stringMatching(/^https:/),
    });
  });

  it('is refused if the version is not pinned for the architecture, or is below the floor', () => {
    expect(answer('arch=arm64', 'gvisor', '20260921.0')).toMatchObject({
      verdict: 'refused',
      reason: 'it is not pinned for aarch64',
      instead: expect.stringContaining('20260928.0'),
    });
    const { gvisor } = settings.versions;
    const floor = { version: '20260928.0', because: 'minimumVersion in airlock.yaml' };
    const versions = gvisor === undefined ? {} : { gvisor: { ...gvisor, floor } };
    expect(answer('arch=amd64', 'gvisor', '20260921.0', { versions })).toMatchObject({
      verdict: 'refused',
      reason: 'it is below the floor (minimumVersion in airlock.yaml)',
    });
  });

  it('is unknown without a rule, and refused if airlock.yaml refuses unknown hosts', () => {
    const host = 'os=debian 13,kernel=6.12,containerd=2.1,kubernetes=1.34,arch=amd64,cgroup=v2';
    expect(answer(host, 'gvisor', '20260928.0')).toMatchObject({ verdict: 'unknown', open: [] });
    const config = { ...settings.config, unknownHosts: 'refuse' as const };
    expect(answer(host, 'gvisor', '20260928.0', { config })).toMatchObject({
      verdict: 'refused',
      reason: expect.stringContaining('unknownHosts'),
    });
  });

  it('names the facts that are missing', () => {
    expect(answer('ubuntu=24.04', 'gvisor', '20260928.0')).toMatchObject({
      verdict: 'unknown',
      open: ['kernel', 'containerd'],
    });
  });

  it('is a finding only if a default version is refused', () => {
    expect(canRunDefaults(report('ubuntu=24.04,kernel=6.8,containerd=2.1,arch=arm64'))).toBe(true);
    expect(canRunDefaults(report('ubuntu=24.04,kernel=6.8,containerd=2.4,arch=arm64'))).toBe(false);
  });
});

it('the catalogue has every pinned version with its checksums, and each rule in words', () => {
  const { runtimes: entries } = v.parse(CatalogueSchema, catalogueReport(runtimes, settings));
  const gvisor = entries.find(({ runtime }) => runtime === 'gvisor');
  expect(entries.map(({ runtime }) => runtime)).toEqual(runtimes);
  expect(gvisor?.versions.find(({ version }) => version === gvisor.default)?.artifacts).toMatchObject([
    { arch: 'x86_64', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { arch: 'aarch64', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  expect(gvisor?.rules.map(({ verdict, when }) => `${verdict} ${when}`)).toEqual(
    expect.arrayContaining(['refused Linux before 5.6', 'refused version from 20260520.0, containerd before 1.7']),
  );
});

describe('airlock catalogue', () => {
  it('answers 1 for a host on which a default is refused, as JSON too', async () => {
    const words = ['catalogue', '--host', 'ubuntu=24.04,kernel=5.4,arch=amd64', '--runtime', 'gvisor'];
    const { code, out, err } = await airlock([...words, '--json']);
    expect(code).toBe(1);
    expect(err).toBe('');
    expect(v.parse(HostReportSchema, JSON.parse(out)).runtimes.map(({ runtime }) => runtime)).toEqual(['gvisor']);
  });

  it('is refused with a node and --host', async () => {
    const { code, out, err } = await airlock(['catalogue', 'ip-10-0-0-4', '--host', 'arch=amd64']);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toBe("option '--host' is given with ip-10-0-0-4; accepted: one of them\n");
  });
});
