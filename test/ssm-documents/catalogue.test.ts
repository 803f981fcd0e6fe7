import { describe, expect, it } from 'vitest';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { parametersFor } from '../../domain/parameters.ts';
import { runtimes } from '../../domain/runtimes.ts';
import type { SimulatedOptions } from '../../packages/lab/machines.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';
import { catalogue, nodes, resultOf, shipped } from './node.ts';
import { readShown } from './shown.ts';

const node = nodes();

describe('the catalogue', () => {
  it('gives with every refusal the nearest good choice and a link', () => {
    for (const runtime of runtimes) {
      for (const rule of shipped.runtimes[runtime]?.rules ?? []) {
        if (rule.verdict !== 'unknown') expect(rule.link).toMatch(/^https:/);
      }
    }
  });

  it('has a rule for each runtime with a containerd that was not tested', () => {
    for (const runtime of runtimes) {
      const rules = shipped.runtimes[runtime]?.rules ?? [];
      expect(rules.some(({ verdict, host }) => verdict === 'refused' && host.containerd?.from === '2.4')).toBe(true);
    }
  });

  it('refuses a rule with a condition that it does not know', () => {
    const text = (host: string) =>
      `{version: 1, runtimes: {gvisor: {default: "1", goodHost: any, room: 1, versions: [{version: "1", artifacts: {x86_64: {url: "https://e.org/a", sha256: ${'a'.repeat(64)}}}}], rules: [{verdict: unknown, host: ${host}}]}}}`;

    expect(parseCatalogue(text('{kubelet: {before: "1.30"}, config: {from: "2"}}')).version).toBe(1);
    expect(() => parseCatalogue(text('{kubernetes: {before: "1.30"}}'))).toThrow(
      'runtimes.gvisor.rules.0.host.kubernetes',
    );
  });
});

describe('a host that the catalogue has no rule for', () => {
  const preflight = async (options: SimulatedOptions, unknownHosts: 'prove' | 'refuse') => {
    const machine = await node.create(options);
    const document = assembleDocument(catalogue, 'gvisor', 'install', { unknownHosts });
    const version = parametersFor('install', { runtime: 'gvisor', version: '20260928.0' })['Version'] ?? '';
    const ended = await machine.run({
      text: scriptOf(document),
      environment: { SSM_Version: version },
      timeoutSeconds: 60,
    });
    return resultOf(readShown(ended), ended.stderr);
  };

  it('proceeds to its proof, or is refused before any change, as the policy requires', async () => {
    const proven = await preflight({ os: 'debian 13' }, 'prove');
    const refused = await preflight({ os: 'debian 13' }, 'refuse');

    expect(proven.outcome).toBe('installed');
    expect(refused).toMatchObject({ outcome: 'host-unsupported', config: 'untouched', restarts: 0 });
    expect(refused.detail).toContain('the catalogue has no rule for debian 13');
    expect(refused.detail).toContain('known to work: Ubuntu 22.04 or 24.04 with containerd 2.2.1');
  });

  it('is not a host that upstream names', async () => {
    expect((await preflight({ os: 'ubuntu 24.04' }, 'refuse')).outcome).toBe('installed');
  });
});

describe('the parameters of a document', () => {
  it('hold the handler if a runtime has more than one, and only the time for an uninstallation', () => {
    expect(parametersFor('install', { runtime: 'kata', version: '4.2.0' })).toEqual({
      Version: '4.2.0',
      Handler: 'kata-qemu',
      Seconds: '900',
    });
    expect(parametersFor('prove', { runtime: 'kata', version: '4.2.0', handler: 'kata-clh' })['Handler']).toBe(
      'kata-clh',
    );
    expect(parametersFor('install', { runtime: 'sysbox', version: '0.7.1' })).toEqual({
      Version: '0.7.1',
      Seconds: '900',
    });
    expect(parametersFor('uninstall', { runtime: 'kata', version: '4.2.0' })).toEqual({ Seconds: '900' });
  });
});
