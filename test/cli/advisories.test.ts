import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import { advisories } from '../../cli/advisories/advisories.ts';
import { fleetNodes } from '../../cli/advisories/fleet-nodes.ts';
import { AdvisoriesSchema, advisoriesReport, exitCodeOf, printAdvisories } from '../../cli/advisories/report.ts';
import { listExposed } from '../../cli/status/exposed.ts';
import { fleetOf, isHealthy } from '../../cli/status/fleet.ts';
import { listExposures } from '../../domain/exposure.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Installation } from '../../domain/receipt.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { NodeDocuments } from '../../lib/node-documents.ts';
import { assembleDocument } from '../../ssm-documents/assemble.ts';
import { shipped } from '../ssm-documents/node.ts';

const annotation = 'io.katacontainers.config.hypervisor.default_vcpus';
const text = `clusters: [{name: demo}]\nruntimes: {gvisor: {}, kata: {annotations: [${annotation}]}}`;
const config = parseConfig(text);
const settings = { config, catalogue: shipped };
const document = assembleDocument(shipped, 'kata', 'install', { annotations: [annotation] }).name;
const installed = (name: string) => ({ document: name }) as Installation;

let count = 0;
/** A launch with its Node. */
function launched(run: Partial<RunRecord> = {}, node: Partial<SurveyedNode> = {}) {
  const instanceId = `i-${String(++count).padStart(17, '0')}`;
  const request = { runtime: 'gvisor', version: '20260810.0' } as const;
  return {
    run: {
      ...{ instanceId, launchedAt: '2026-11-21T09:59:00.000Z', cluster: 'demo', pool: 'ci', request },
      ...{ endedAt: '2026-11-21T09:59:30.000Z', ending: 'released', outcome: 'released', ...run },
    } as RunRecord,
    node: {
      instanceId,
      nodeName: `node-${count}`,
      runtime: 'gvisor',
      state: 'released',
      reason: '',
      ...node,
    } as SurveyedNode,
  };
}

type Launched = ReturnType<typeof launched>;
const exposures = (all: readonly Partial<Launched>[], isSurveyed = true) => {
  const runs = all.flatMap(({ run }) => run ?? []);
  const nodes = all.flatMap(({ node }) => node ?? []);
  return listExposures(
    fleetNodes({ runs, surveys: new Map(isSurveyed ? [['demo', nodes]] : []) }, settings, Date.now()),
    shipped,
  );
};
const report = (all: readonly Partial<Launched>[], notChecked: { resource: string; reason: string }[] = []) =>
  v.parse(AdvisoriesSchema, advisoriesReport(exposures(all), settings, { at: '', notChecked }));
/** How one launch counts for an advisory. */
const stateOf = (one: Partial<Launched>, id: string) => {
  const [pool] = report([one]).advisories.find((advisory) => advisory.id === id)?.pools ?? [];
  if (pool === undefined) return 'none';
  const { affected, oldSandboxes, unknown, notExposed, fixed, gated } = pool;
  const named = { affected: affected.length, oldSandboxes: oldSandboxes.length, unknown: unknown.length };
  const counts = { ...named, notExposed, fixed, gated };
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state]) => state)
    .join(' ');
};
const cve = 'CVE-2026-96812';

describe('a node counts for an advisory', () => {
  const gvisor = (version: string) => ({ request: { runtime: 'gvisor', version } as const });

  it.each([
    ['affected', launched()],
    ['fixed', launched(gvisor('20260928.0'))],
    ['gated', launched({}, { state: 'gated' })],
    ['gated', launched({ ending: 'quarantined', outcome: 'proof-failed' }, { state: 'quarantined' })],
    ['unknown', launched({}, { state: 'drifted' })],
    ['unknown', launched({ ...gvisor('20260928.0'), ending: 'held' })],
    ['unknown', { node: launched().node }],
    ['none', launched({ request: { runtime: 'kata', version: '4.2.0' } })],
  ])('as %s', (state, one) => {
    expect(stateOf(one, cve)).toBe(state);
  });

  it('by the ledger, whatever its Node shows', () => {
    expect(stateOf(launched({}, { runtime: 'kata' }), cve)).toBe('affected');
  });

  it('with the annotations of airlock.yaml only if the present document installed it', () => {
    const kata = (name: string) =>
      launched({ request: { runtime: 'kata', version: '4.2.0' }, installation: installed(name) });
    const states = (one: Launched) => ['kata-4.3.0-annotations', 'kata-4.3.0-dragonball'].map((id) => stateOf(one, id));
    expect(states(kata(document))).toEqual(['affected', 'notExposed']);
    expect(states(kata('airlock-kata-install-000000000000'))).toEqual(['unknown', 'notExposed']);
  });

  it('by the document that the stack deploys, with a mirror too', () => {
    const mirrored = parseConfig(`${text}\nartifacts: mirror`);
    const stack = new Stack();
    new NodeDocuments(stack, 'Documents', shipped, mirrored);
    const found = Template.fromStack(stack).findResources('AWS::SSM::Document');
    const names = Object.values(found).map(({ Properties }) => Properties.Name as string);
    const { run, node } = launched({
      request: { runtime: 'kata', version: '4.2.0' },
      installation: installed(names.find((name) => name.startsWith('airlock-kata-install-')) ?? ''),
    });
    const nodes = fleetNodes(
      { runs: [run], surveys: new Map([['demo', [node]]]) },
      { config: mirrored, catalogue: shipped },
      0,
    );
    const [exposure] = listExposures(nodes, shipped).filter(({ advisory }) => advisory.id === 'kata-4.3.0-annotations');
    expect(exposure?.pools[0]?.nodes.affected).toHaveLength(1);
  });

  it("with the version of the node's latest run, and while it is verified again", () => {
    const { run, node } = launched();
    const rerun = { why: 'drifted', attempt: 1, released: true, reason: '' } as const;
    const { ending: _, endedAt: __, ...open } = run;
    const again = { ...open, launchedAt: `${run.launchedAt} 0001`, launch: { rerun } } as unknown as RunRecord;
    const nodes = fleetNodes({ runs: [again, run], surveys: new Map([['demo', [node]]]) }, settings, Date.now());
    expect(nodes).toMatchObject([{ version: '20260810.0' }]);
  });

  it('as unknown while another version is installed, which is not proven yet', () => {
    const { run, node } = launched();
    const rerun = { why: 'rollout', attempt: 1, released: true, reason: '' } as const;
    const { ending: _, endedAt: __, ...open } = run;
    const request = { runtime: 'gvisor', version: '20260928.0' } as const;
    const next = { ...open, request, launchedAt: `${run.launchedAt} 0001`, launch: { rerun } } as unknown as RunRecord;
    const reading = { runs: [next, run], surveys: new Map([['demo', [node]]]) };
    expect(fleetNodes(reading, settings, Date.now())).toMatchObject([{ version: undefined }]);
  });

  it('as fixed only if no sandbox of an affected version still ran at its last proof', () => {
    const withSandboxes = (...versions: readonly string[]) => {
      const sandboxes = Object.fromEntries(versions.map((version) => [version, 1]));
      const installation = { sandboxes } as unknown as Installation;
      return launched({ request: { runtime: 'gvisor', version: '20260928.0' }, installation });
    };
    const states = [[], ['20260928.0'], ['20260810.0', '20260928.0']].map((one) => stateOf(withSandboxes(...one), cve));
    expect(states).toEqual(['fixed', 'fixed', 'oldSandboxes']);
    expect(exitCodeOf(exposures([withSandboxes('20260810.0')]), config, [])).toBe(1);
  });

  it('as the ledger last knew it, if its cluster could not be surveyed', () => {
    const [exposure] = exposures([launched()], false).filter(({ advisory }) => advisory.id === cve);
    expect(exposure?.pools[0]?.nodes.affected).toHaveLength(1);
  });
});

describe('a node whose tag names a version', () => {
  const { run, node } = launched();
  const seen = {
    state: 'running',
    launchedAt: run.launchedAt,
    tags: { 'airlock:runtime': 'gvisor@20260810.0\u001b[2J' },
  };
  const instances = new Map([[run.instanceId, seen]]);
  const other = launched();
  const reading = {
    ...{ runs: [run, other.run], surveys: new Map([['demo', [node, other.node]]]), instances },
    ...{ breakers: [], notChecked: [] },
  };
  const all = listExposures(fleetNodes(reading, settings, Date.now()), shipped);

  it('is named apart, with its tag as text, in the report and in status', () => {
    const [own] = all.filter(({ advisory }) => advisory.id === cve);
    expect(own?.pools[0]?.nodes.affected.map(({ pin }) => pin)).toEqual(['gvisor@20260810.0?[2J', '']);
    expect(listExposed(all, 'high').find(({ id }) => id === cve)).toMatchObject({ affected: 2, pinned: 1 });
  });

  it('comes with what to do about it, and with the deadline of the advisory', () => {
    const rolling = { ...settings, config: parseConfig(`${text}\nrollout: {deadlines: {high: 7d}}`) };
    const lines: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    printAdvisories(advisoriesReport(all, rolling, { at: '', notChecked: [] }));
    spy.mockRestore();
    const printed = lines.join('').replaceAll(/\s+/g, ' ');
    expect(printed).toContain('fixed in 20260824.0, due 2026-10-02');
    expect(printed).toContain('demo ci: 2 affected, 1 of them pinned by its tag no rollout moves a pinned node');
    expect(printed).toContain('pinned by its tag gvisor@20260810.0?[2J');
  });
});

describe('the exit code', () => {
  const codeOf = (
    all: readonly Partial<Launched>[],
    withdrawAt: typeof config.withdrawAt = 'high',
    missed: string[] = [],
  ) => exitCodeOf(exposures(all), { withdrawAt }, missed);
  const fixed = launched({ request: { runtime: 'gvisor', version: '20260928.0' } });

  it('is 1 for an affected node if the advisory withdraws versions, and 3 if anything is not known', () => {
    expect(codeOf([fixed])).toBe(0);
    expect(codeOf([fixed, launched()])).toBe(1);
    expect(codeOf([launched()], 'critical')).toBe(0);
    expect(codeOf([fixed, { node: launched().node }])).toBe(3);
    expect(codeOf([fixed], 'high', ['cluster demo'])).toBe(3);
  });

  it('of status does not leave nodes out that are not known', () => {
    const { run, node } = launched({}, { state: 'drifted' });
    const [all, none] = (['high', 'critical'] as const).map((least) => listExposed(exposures([{ run, node }]), least));
    expect(all?.map(({ id, affected, unknown }) => [id, affected, unknown])).toContainEqual([cve, 0, 1]);
    expect(none?.map(({ id }) => id)).not.toContain(cve);
  });

  it('of status is a finding under the same condition', () => {
    const { run, node } = launched();
    const reading = { runs: [run], surveys: new Map([['demo', [node]]]), breakers: [], notChecked: [] };
    const [high, critical] = (['high', 'critical'] as const).map((least) =>
      fleetOf(reading, Date.now(), listExposed(exposures([{ run, node }]), least)),
    );
    expect([high, critical].map((fleet) => fleet && isHealthy(fleet))).toEqual([false, true]);
    expect(critical?.exposed).toEqual([
      {
        id: cve,
        runtime: 'gvisor',
        severity: 'high',
        withdraws: false,
        affected: 1,
        pinned: 0,
        unknown: 0,
        pools: ['demo ci'],
      },
    ]);
  });
});

it('advisories come the most severe first, and then the latest', () => {
  expect(report([]).advisories.map(({ id }) => id)).toEqual([
    'CVE-2026-50540',
    'CVE-2026-47243',
    'kata-4.3.0-annotations',
    'CVE-2026-96812',
    'kata-4.3.0-dragonball',
    'sysbox-0.7.2-read-only',
    'CVE-2026-44210',
  ]);
});

it('an id that the catalogue does not have is refused with those that it has', async () => {
  await expect(advisories('CVE-1', { json: false })).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringMatching(/^the catalogue has no advisory "CVE-1"; accepted: CVE-2026-/),
  });
});
