import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClosingReportSchema } from '../../cli/advisories/closing-schema.ts';
import { AdvisoriesSchema } from '../../cli/advisories/report.ts';
import { type Fleet, fleetOf, isHealthy } from '../../cli/status/fleet.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { OpenVexSchema } from '../../domain/open-vex.ts';
import type { Rollout } from '../../domain/rollout/rollout.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import { shippedCatalogue } from '../../lib/config/settings.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import { serve } from '../../packages/local-aws/server.ts';
import { launch, pass, settle, startSimulation } from '../scenarios/scenario.ts';
import { airlock, type Ended } from './airlock.ts';

const now = Date.parse('2026-11-21T10:00:00Z');
const run = (change: Partial<RunRecord> = {}): RunRecord => ({
  instanceId: 'i-00000000000000001',
  launchedAt: '2026-11-21T09:59:00.000Z',
  cluster: 'demo',
  pool: 'sandboxed',
  request: { runtime: 'gvisor', version: '1' },
  ...change,
});
const ended = (change: Partial<RunRecord> = {}) =>
  run({ endedAt: '2026-11-21T09:59:30.000Z', ending: 'released', outcome: 'released', ...change });
const opened = { act: 'release', by: 'arn:ops', at: '2026-11-21T09:59:40.000Z', because: 'egress' } as const;
const node = (change: Partial<SurveyedNode> = {}): SurveyedNode => ({
  nodeName: 'ip-10-0-0-4',
  instanceId: 'i-00000000000000001',
  providerId: 'aws:///a/i-00000000000000001',
  createdAt: '',
  runtime: 'gvisor',
  state: 'released',
  reason: '',
  outdated: false,
  kernel: '',
  bootId: '',
  ...change,
});
const fleet = (runs: readonly RunRecord[], nodes: readonly SurveyedNode[] | undefined): Fleet =>
  fleetOf({ runs, surveys: new Map(nodes === undefined ? [] : [['demo', nodes]]), breakers: [], notChecked: [] }, now);
const statesIn = ({ pools }: Fleet) => pools.map(({ nodes }) => nodes);

/** Whether the machine gives out pseudo-terminals. */
const hasTerminals = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

describe('a node of the fleet', () => {
  it.each([
    ['released', [ended()], [node()], true],
    [
      'quarantined',
      [ended({ ending: 'quarantined', outcome: 'proof-failed' })],
      [node({ state: 'quarantined' })],
      false,
    ],
    ['held', [ended({ ending: 'held', outcome: 'proof-failed' })], [node({ state: 'gated' })], false],
    [
      'held',
      [ended({ ending: 'held', outcome: 'proof-failed' })],
      [node({ state: 'quarantined', reason: 'proof-failed' })],
      false,
    ],
    ['gated', [ended()], [node({ state: 'gated' })], false],
    ['drifted', [ended()], [node({ state: 'drifted', reason: 'the handler is gone' })], false],
    [
      'released by hand',
      [ended({ ending: 'quarantined', outcome: 'proof-failed', operatorAct: opened })],
      [node({ state: 'drifted' })],
      false,
    ],
    ['gone', [ended()], [], true],
    ['unknown', [], [node({ state: 'gated' })], false],
    ['under way', [run()], [], true],
    ['under way', [ended(), run({ launchedAt: '2026-11-21T09:59:00.000Z 0001' })], [node()], true],
  ] as const)('is %s', (state, runs, nodes, healthy) => {
    const seen = fleet(runs, nodes);

    expect(statesIn(seen)).toEqual([{ [state]: 1 }]);
    expect(isHealthy(seen)).toEqual(healthy);
    if (!healthy) expect(seen.attention).toMatchObject([{ state }]);
  });

  it('that an operator closed has the reason that was given', () => {
    const closed = ended({ operatorAct: { ...opened, act: 'quarantine' } });
    expect(fleet([closed], [node({ state: 'quarantined', reason: 'released' })]).attention).toMatchObject([
      { state: 'quarantined', reason: 'quarantine by arn:ops at 2026-11-21T09:59:40.000Z: egress' },
    ]);
  });

  it('is what the ledger last knew, if its cluster could not be surveyed', () => {
    expect(statesIn(fleet([ended()], undefined))).toEqual([{ released: 1 }]);
    expect(statesIn(fleet([ended({ ending: 'replaced' })], undefined))).toEqual([{ gone: 1 }]);
  });

  it('of a pool whose rollout stopped needs a person, unless an operator aborted it', () => {
    const rolling: Rollout = {
      ...{ cluster: 'demo', pool: 'ci', runtime: 'gvisor', target: '2', configured: '2', wave: 0, members: [] },
      ...{ startedAt: '2026-11-21T08:00:00.000Z', done: 0, total: 9, pinnedToWithdrawn: 0, waitsFor: 'runs' },
      unpublished: [],
    };
    const stoppedAt = '2026-11-21T08:10:00.000Z';
    const seen = (change: Partial<Rollout>) =>
      fleetOf(
        {
          ...{ runs: [ended()], surveys: new Map([['demo', [node()]]]), breakers: [], notChecked: [] },
          rollouts: [{ rollout: { ...rolling, ...change }, revision: 1 }],
        },
        now,
      );
    expect(isHealthy(seen({}))).toBe(true);
    expect(seen({ finishedAt: stoppedAt }).rollouts).toEqual([]);
    expect(isHealthy(seen({ stoppedAt, stoppedBecause: 'i-1 ended as proof-failed' }))).toBe(false);
    expect(isHealthy(seen({ stoppedAt, stoppedBecause: 'aborted: x', abortedBy: 'ann' }))).toBe(true);
  });

  it('has its phase while it is under way', () => {
    const phases = [
      run(),
      run({ begunAt: '2026-11-21T09:59:01Z' }),
      run({ begunAt: '2026-11-21T09:59:01Z', claimedAt: '2026-11-21T09:59:02Z' }),
      run({ failure: { outcome: 'proof-failed', detail: '' } }),
    ].map((one) => fleet([one], []).underWay[0]);

    expect(phases.map((one) => one?.phase)).toEqual(['admitted', 'waiting for the agent', 'installing', 'ending']);
    expect(phases[0]?.ageSeconds).toBe(60);
  });
});

/** Runs a command against the account of a simulation, whose clock goes on meanwhile. */
async function runIn(world: Simulation, words: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { environment, close } = await serve(world.cloud);
  onTestFinished(close);
  const command = airlock(words, { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment, ...more });
  let isDone = false;
  void command.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await pass(world, 10);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return command;
}

/** A catalogue like the shipped one, in which no version of gVisor has the fix of its advisory. */
function laterFix(): string {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-advisories-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const text = readFileSync(shippedCatalogue, 'utf8');
  const path = join(folder, 'catalogue.yaml');
  writeFileSync(path, text.replaceAll('"20260824.0"', '"20300101.0"'));
  return path;
}

describe('airlock status', () => {
  it('shows a fleet with a released node and a quarantined one, and the exit code is 1', async () => {
    const defects: ConstructorParameters<typeof ModelledMachine>[0][] = [[], ['not-sandboxed']];
    const world = await startSimulation([], async () => new ModelledMachine(defects.shift() ?? []));
    const released = await launch(world);
    await settle(world);
    const good = await runIn(world, ['status', '--json']);
    const failed = await launch(world);
    await settle(world);
    const bad = await runIn(world, ['status', '--json']);
    const later = { AIRLOCK_CATALOGUE: laterFix() };
    const exposed = await runIn(world, ['advisories', '--json'], later);
    const files = mkdtempSync(join(tmpdir(), 'airlock-closing-'));
    onTestFinished(() => rmSync(files, { recursive: true }));
    const [page, vex] = [join(files, 'closing.html'), join(files, 'closing.json')];
    const closing = await runIn(
      world,
      ['advisories', '--report', 'CVE-2026-96812', '--json', '--html', page, '--vex', vex],
      later,
    );

    expect(good.code).toBe(0);
    expect(good.err).toBe('');
    expect(bad.code).toBe(1);
    expect(bad.err).toBe('');
    expect(JSON.parse(good.out)).toMatchObject({
      pools: [{ cluster: 'demo', pool: 'sandboxed', nodes: { released: 1 } }],
      attention: [],
      notChecked: [],
    });
    expect(JSON.parse(bad.out)).toMatchObject({
      pools: [{ nodes: { released: 1, quarantined: 1 } }],
      attention: [
        { instanceId: failed.instanceId, state: 'quarantined', reason: expect.stringContaining('proof-failed') },
      ],
    });
    expect(released.instanceId).not.toBe(failed.instanceId);
    const { advisories } = v.parse(AdvisoriesSchema, JSON.parse(exposed.out));
    expect(exposed.code).toBe(1);
    expect(exposed.err).toBe('');
    expect(advisories.find(({ id }) => id === 'CVE-2026-96812')?.pools).toMatchObject([
      { cluster: 'demo', pool: 'sandboxed', affected: [{ instanceId: released.instanceId }], unknown: [], gated: 1 },
    ]);
    const { nodes, notChecked } = v.parse(ClosingReportSchema, JSON.parse(closing.out));
    expect(closing.code).toBe(1);
    expect(closing.err).toBe('');
    expect(notChecked).toEqual([]);
    expect(nodes).toMatchObject([
      { instanceId: released.instanceId, state: 'affected', exposed: [{ from: expect.any(String) }] },
      { instanceId: failed.instanceId, state: 'gated', exposed: [], left: '' },
    ]);
    expect(readFileSync(page, 'utf8')).toContain('open: 1 of 2 nodes left');
    expect(v.parse(OpenVexSchema, JSON.parse(readFileSync(vex, 'utf8'))).statements).toMatchObject([
      { status: 'affected', products: [{ '@id': expect.stringContaining(released.instanceId) }] },
    ]);
  }, 240_000);

  it('is not fine if a cluster cannot be surveyed: the exit code is 3', async () => {
    const world = await startSimulation();
    world.cloud.faults = {
      beforeCall: ({ operation, principal }) =>
        operation === 'Invoke' && principal.kind === 'role' && principal.roleArn.endsWith('/Operator')
          ? new AwsError('AccessDeniedException', 'not authorized to perform: lambda:InvokeFunction', 403)
          : undefined,
    };
    const { code, out } = await runIn(world, ['status', '--json']);

    expect(code).toBe(3);
    expect(JSON.parse(out).notChecked).toEqual([
      { resource: 'cluster demo', reason: expect.stringContaining('not authorized') },
    ]);
  }, 120_000);

  it('refuses --watch with --json', async () => {
    const { code, err } = await airlock(['status', '--watch', '--json']);
    expect(code).toBe(2);
    expect(err).toBe("option '--watch' is given with '--json'; accepted: one of them\n");
  });

  it.skipIf(!hasTerminals)(
    '--watch gives the terminal back on Ctrl-C, with what was seen last, and the exit code is that of the last look',
    {
      timeout: 120_000,
    },
    async () => {
      const world = await startSimulation([], async () => new ModelledMachine());
      await launch(world);
      await settle(world);
      const { environment, close } = await serve(world.cloud);
      onTestFinished(close);
      const line = `stty cols 80 rows 24; exec ${process.execPath} bin/airlock.ts status --watch`;
      // A pseudo-terminal, in which the third character ends the program in front.
      const child = spawn('script', ['-qec', line, '/dev/null'], {
        env: { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'xterm-256color', ...environment },
      });
      let out = '';
      const seen = new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => {
          out += chunk.toString();
          if (out.includes('Ctrl-C ends it')) resolve();
        });
      });
      let isDone = false;
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve)).finally(() => {
        isDone = true;
      });
      void seen.then(() => child.stdin.write('\u0003'));
      while (!isDone) {
        await pass(world, 10);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await ended).toBe(0);
      const [screen = '', after = ''] = out.split('\u001b[?1049l');
      expect(screen).toContain('\u001b[?1049h');
      expect(screen.indexOf('\u001b[?25h')).toBeGreaterThan(screen.lastIndexOf('\u001b[?25l'));
      expect(after).toContain('1 released');
      expect(after).not.toContain('\u001b[?');
    },
  );
});
