import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, inject, it } from 'vitest';
import { hostProgram } from '../../packages/lab/machines.ts';
import { airlock, airlockAlone } from './airlock.ts';

/** Writes the text of an airlock.yaml among the words to a file, and puts the file's name in its place. */
function withFiles(words: readonly string[]): string[] {
  return words.map((word) => {
    if (!word.startsWith('clusters:')) return word;
    const path = join(mkdtempSync(join(inject('scratch'), 'cli-')), 'airlock.yaml');
    writeFileSync(path, word);
    return path;
  });
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What other programs may rely on: an extra field is accepted, one that is missing or has another type is not. */
const RunSchema = v.strictObject({
  nodes: v.array(
    v.object({
      instanceId: v.pipe(v.string(), v.regex(/^i-[0-9a-f]{17}$/)),
      nodeName: v.pipe(v.string(), v.endsWith('.compute.internal')),
      runtime: v.string(),
      version: v.string(),
      outcome: v.string(),
      stages: v.array(v.strictObject({ name: v.string(), ms: v.pipe(v.number(), v.minValue(0)) })),
      transitions: count,
    }),
  ),
  backends: v.strictObject({ kubernetes: v.string(), machine: v.string() }),
  calls: v.record(v.pipe(v.string(), v.regex(/^[a-z0-9]+:[A-Za-z ]+$/)), count),
});

describe('airlock start --json', () => {
  it("prints only one object, with each node's run, the backends and the calls", async () => {
    const { code, out, err } = await airlockAlone(['start', '--json', '--clock', 'virtual', '--nodes', '2']);

    expect(code).toBe(0);
    expect(err).toBe('');
    const { nodes, backends, calls } = v.parse(RunSchema, JSON.parse(out));
    expect(nodes.map(({ runtime, outcome }) => [runtime, outcome])).toEqual(Array(2).fill(['gvisor', 'released']));
    for (const { stages, transitions, version } of nodes) {
      expect(version).toMatch(/^20\d{6}\.\d+$/);
      expect(stages.map(({ name }) => name)).toEqual(['launched', 'agent online', 'installing', 'proven', 'released']);
      expect(stages.map(({ ms }) => ms)).toEqual(stages.map(({ ms }) => ms).toSorted((one, other) => one - other));
      expect(transitions).toBeLessThanOrEqual(8);
    }
    expect(backends.kubernetes).toBe('stand-in');
    expect(backends.machine).toContain('simulated');
    expect(calls['ssm:SendCommand']).toBeLessThanOrEqual(2);
    expect(calls['kubernetes:patch nodes']).toBeGreaterThanOrEqual(2);
  });
});

describe('airlock start, for people', () => {
  it('shows the run, the receipts, the audit trail and the backends, and names a planted fault as such', async () => {
    const { code, out, err } = await airlockAlone([
      ...['start', '--clock', 'virtual', '--nodes', '1'],
      ...['--fault', 'not-sandboxed', '--fault', 'events-doubled'],
    ]);

    expect(code).toBe(0);
    expect(err).toMatch(/i-[0-9a-f]{17} {2}ip-[-0-9]+ {2}launched .* → quarantined .*proof-failed/);
    for (const part of ['Receipts', '"outcome": "proof-failed"', 'Audit trail', 'Node Quarantined', 'calls: ']) {
      expect(out).toContain(part);
    }
    expect(out).toMatch(/\nKubernetes API: stand-in; machine: simulated(.|\n)*synthesized template\n$/);
  });
});

describe('bad input', () => {
  it.each([
    [['--nodes', '0'], "'--nodes <number>' argument '0' is invalid. Accepted: a whole number from 1 to 500"],
    [['--nodes', '2.5'], "argument '2.5' is invalid. Accepted: a whole number"],
    [['--runtime', 'runc'], "argument 'runc' is invalid. Accepted: gvisor, kata, sysbox"],
    [['--clock', 'soon'], "argument 'soon' is invalid. Allowed choices are real, virtual"],
    [
      ['--machine', 'none'],
      "argument 'none' is invalid. Accepted: simulated, real, or exec: and a command that names {node}",
    ],
    [['--machine', 'exec:ssh somewhere sh'], 'a command that names {node}'],
    [
      ['--machine', 'exec:ssh {node} sh'],
      "'--machine exec:…' is given without '--kubeconfig'; accepted: --kubeconfig FILE and",
    ],
    [['--kubeconfig', 'x'], "'--kubeconfig' is given without '--machine'; accepted: --kubeconfig FILE and"],
    [['--fault', 'rain'], "argument 'rain' is invalid. Accepted: a fault that"],
    [['--keep', '--clock', 'virtual'], "'--keep' is given with '--clock virtual'; accepted: "],
    [
      ['--machine', 'real', '--clock', 'virtual'],
      "'--machine real' is given with '--clock virtual'; accepted: '--clock real'",
    ],
    [
      ['--machine', 'real', '--fault', 'foreign-package'],
      "'--machine real' is given with '--fault foreign-package'; accepted: not-sandboxed, ",
    ],
    [['--speed', '9'], "unknown option '--speed'"],
    [['--config', '/nowhere/airlock.yaml'], '/nowhere/airlock.yaml: cannot be read: '],
    [['--config', 'clusters: [{name: a b}]'], 'airlock.yaml: clusters.0.name: is "a b"; accepted: the name of'],
    [
      ['--config', 'clusters: [{name: demo}]\nruntimes: {gvisor: {version: "1"}}'],
      'runtimes.gvisor.version: is "1"; accepted: 2026',
    ],
    [
      ['--config', 'clusters: [{name: lab, endpoint: "https://10.0.0.1", certificateAuthority: LS0tLS1CRUdJTiAA}]'],
      'clusters: is lab at https://10.0.0.1; accepted here: at least one cluster without an endpoint',
    ],
  ])(
    '%j ends with 2 and a message that names the argument, the value and the accepted form',
    async (words, message) => {
      const { code, out, err } = await airlock(['start', '--json', ...withFiles(words)]);

      expect(code).toBe(2);
      expect(out).toBe('');
      expect(err).toContain(message);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
    },
  );

  it('includes a real machine on a host if Airlock is not root, and the message states so', async ({ skip }) => {
    const { stdout: user } = spawnSync('id', ['-u'], { encoding: 'utf8' });
    if (user.trim() === '0' && hostProgram('setpriv') === undefined) skip('setpriv is not installed on this machine');
    const dropped = user.trim() === '0' ? ['setpriv', '--reuid=65534', '--clear-groups'] : [];
    const bin = join(import.meta.dirname, '..', '..', 'bin', 'airlock.ts');
    const [program = '', ...words] = [...dropped, process.execPath, bin, 'start', '--json', '--machine', 'real'];

    const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', cwd: '/' });

    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^real nodes need (root: .* Run the command with sudo|Debian or Ubuntu; this is .*)\n$/);
  });

  it('does not include --help, which lists every fault that can be planted', async () => {
    const { code, out } = await airlock(['start', '--help']);
    expect(code).toBe(0);
    for (const name of ['not-sandboxed', 'dispatch-dies', 'cluster-forbids']) expect(out).toContain(`\n    ${name}\n`);
  });
});
