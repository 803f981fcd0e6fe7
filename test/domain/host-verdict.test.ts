import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CatalogueRuntime, parseCatalogue, runtimeOf } from '../../domain/catalogue.ts';
import { type FactName, type HostFacts, judgeHost } from '../../domain/host-verdict.ts';
import { type Runtime, runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { catalogueShell } from '../../ssm-documents/catalogue-shell.ts';

const folder = new URL('../../ssm-documents/', import.meta.url);
const part = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const catalogue = parseCatalogue(part('catalogue.yaml'));

type Rules = Pick<CatalogueRuntime, 'rules'>;
const one: Rules = {
  rules: [
    {
      host: { kernel: { before: '5.6' } },
      verdict: 'refused',
      reason: 'old',
      instead: 'new',
      link: 'https://a.example',
    },
    { host: { os: ['ubuntu 24.04'], cgroup: 'v2' }, verdict: 'proven', link: 'https://b.example' },
  ],
};
const judge = (host: HostFacts) => {
  const { rule, open } = judgeHost(one, { version: '1', handler: 'h' }, host);
  return [rule?.verdict, open];
};

it('takes the first rule whose conditions all hold', () => {
  expect(judge({ os: 'ubuntu 24.04', kernel: '5.4.0-1021-aws', cgroup: 'v2' })).toEqual(['refused', []]);
  expect(judge({ os: 'ubuntu 24.04', kernel: '6.8.0-1021-aws', cgroup: 'v2' })).toEqual(['proven', []]);
  expect(judge({ os: 'debian 13', kernel: '6.8', cgroup: 'v2' })).toEqual([undefined, []]);
});

it('names the unknown facts that could change the answer, and no others', () => {
  expect(judge({ os: 'ubuntu 24.04', cgroup: 'v2' })).toEqual(['proven', ['kernel']]);
  expect(judge({ os: 'debian 13', kernel: '6.8' })).toEqual([undefined, []]);
  expect(judge({ os: 'ubuntu 24.04', kernel: '6.8' })).toEqual([undefined, ['cgroup']]);
});

const facts: Readonly<Record<FactName, readonly string[]>> = {
  os: ['ubuntu 22.04', 'ubuntu 24.04', 'debian 13'],
  kernel: ['5.4.0-150-generic', '5.15.0-1084-aws', '6.2', '6.3', '6.8.0-1021-aws', 'custom'],
  arch: ['x86_64', 'aarch64'],
  containerd: ['1.5.9', '1.6.0', '1.7.27', '2.0.0', '2.0.1', '2.0.4~ds1', '2.0.5', '2.2.1', '2.3.0-rc.1', '2.4.0'],
  config: ['0', '2', '3'],
  kubelet: ['1.29.9', '1.30.0', '1.34.1'],
  cgroup: ['v1', 'v2'],
};
/** The shell's variable for each fact; the kubelet's version is the answer of a function. */
const variables: Readonly<Record<FactName, string>> = {
  os: 'os',
  kernel: 'kernel',
  arch: 'arch',
  containerd: 'containerd_version',
  config: 'config_version',
  kubelet: 'kubelet_version',
  cgroup: 'cgroup',
};
const hosts = fc.record(
  Object.fromEntries(Object.entries(facts).map(([name, values]) => [name, fc.constantFrom(...values)])),
  { requiredKeys: [] },
) as fc.Arbitrary<HostFacts>;

/** The link of the deciding rule, or `unknown`, for each host, as the shell on a node finds it. */
function judgedByShell(runtime: Runtime, asked: readonly { version: string; handler: string; host: HostFacts }[]) {
  const entry = runtimeOf(catalogue, runtime);
  const purpose = { runtime, verb: 'install', unknownHosts: 'prove', annotations: [] } as const;
  const calls = asked.map(({ version, handler, host }) => {
    const assigned = Object.entries(variables).map(([name, to]) => `${to}='${host[name as FactName] ?? ''}'`);
    return `${assigned.join(' ')} version=${version} handler=${handler}; verdict= verdict_reason= verdict_link=; judge_host; printf '%s\\n' "$verdict $verdict_reason $verdict_link"`;
  });
  const script = [
    catalogueShell(entry, purpose),
    part('node/versions.sh'),
    part('node/catalogue.sh'),
    'read_kubelet() { REPLY=$kubelet_version; }',
    ...calls,
  ];
  const { stdout, stderr } = spawnSync('bash', { input: script.join('\n'), encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

it.each(runtimes)('judges hosts for %s as the shell on the node does', (runtime) => {
  const entry = runtimeOf(catalogue, runtime);
  const versions = [...entry.versions.map(({ version }) => version), '0.1', '20260519.0', '20260520.0'];
  const question = fc.record({
    version: fc.constantFrom(...versions),
    handler: fc.constantFrom(...runtimeTraits[runtime].handlers),
    host: hosts,
  });
  const asked = fc.sample(question, { numRuns: 300, seed: 7 });

  const judged = asked.map(({ version, handler, host }) => {
    const { rule } = judgeHost(entry, { version, handler }, host);
    if (rule === undefined || rule.verdict === 'unknown') return 'unknown  ';
    return rule.verdict === 'proven'
      ? `proven  ${rule.link}`
      : `refused ${rule.reason}; use ${rule.instead} ${rule.link}`;
  });
  expect(judged.map((text) => text.trimEnd())).toEqual(judgedByShell(runtime, asked).map((text) => text.trimEnd()));
  expect(new Set(judged.map((text) => text.split(' ')[0])).size).toBeGreaterThan(1);
});
