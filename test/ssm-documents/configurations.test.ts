import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type ConfigurationName,
  configurations,
  isTable,
  type SimulatedMachine,
  tableAt,
} from '../../packages/lab/machines.ts';
import { nodes, run } from './node.ts';

const node = nodes();

const daemons = ['1.7.24', '2.0.11', '2.2.1', '2.3.4'] as const;
type Daemon = (typeof daemons)[number];

const names: readonly ConfigurationName[] = [
  ...(Object.keys(configurations) as (keyof typeof configurations)[]),
  ...(['default', 'none', 'elsewhere'] as const),
];

/** The refusals that are expected, with their reason; everything else must install. */
function refusal(daemon: Daemon, name: ConfigurationName): readonly [outcome: string, detail: string] | undefined {
  if (name === 'foreign') return ['handler-conflict', 'runsc'];
  if (name === 'docker') return ['config-rejected', ''];
  if (name === 'broken') return ['config-rejected', 'containerd cannot read /etc/containerd/config.toml'];
  if (name === 'missing-import')
    return ['config-rejected', 'open /etc/containerd/fleet.toml: no such file or directory'];
  if (daemon !== '1.7.24') return undefined;
  if (name === 'no-version') return ['config-rejected', 'has no version line'];
  if (name === 'no-runc') return ['config-rejected', "would alter more than Airlock's handler"];
  return undefined;
}

/** Whether the daemon reads a file of this version at all; a containerd that cannot start is not a test case. */
function starts(daemon: Daemon, name: ConfigurationName): boolean {
  return !(daemon === '1.7.24' && name === 'v3') && !(daemon !== '2.3.4' && name === 'v4');
}

/** The effective configuration without our handlers, and our handlers. */
function split(machine: SimulatedMachine) {
  const whole = machine.effective();
  const copy = structuredClone(whole);
  let ours: unknown;
  for (const id of ['io.containerd.grpc.v1.cri', 'io.containerd.cri.v1.runtime']) {
    const runtimes = tableAt(copy, 'plugins', id, 'containerd', 'runtimes');
    if (isTable(runtimes['runsc'])) ours = runtimes['runsc'];
    delete runtimes['runsc'];
  }
  return { rest: copy, ours };
}

describe.each(daemons)('containerd %s', (daemon) => {
  // 2.2 follows the rules of 2.0; it prints another default.
  const tried = daemon === '2.2.1' ? names.filter((name) => /default|none|eks|v3|imports/.test(name)) : names;
  const possible = tried.filter((name) => starts(daemon, name));

  it.each(possible)(
    'with the configuration %s differs afterwards only by our handler, or is unchanged',
    async (name) => {
      const machine = await node.create({ containerd: daemon, configuration: name });
      const file = machine.tree + machine.config;
      const bytes = existsSync(file) ? readFileSync(file) : undefined;
      const before = name === 'broken' ? undefined : split(machine);
      const running = machine.running();

      const { result } = await run(machine);

      const expected = refusal(daemon, name);
      if (expected !== undefined) {
        expect(result).toMatchObject({ outcome: expected[0], config: 'untouched', restarts: 0 });
        expect(result.detail).toContain(expected[1]);
        expect(bytes === undefined ? existsSync(file) : readFileSync(file)).toEqual(bytes ?? false);
        expect(machine.running()).toEqual(running);
        expect(machine.restarts()).toBe(0);
        return;
      }
      expect(result).toMatchObject({ outcome: 'installed', config: 'edited', restarts: 1, detail: '' });
      const after = split(machine);
      expect(after.rest).toEqual(before?.rest);
      expect(before?.ours).toBeUndefined();
      expect(after.ours).toMatchObject({
        runtime_type: 'io.containerd.runsc.v1',
        options: { TypeUrl: 'io.containerd.runsc.v1.options', ConfigPath: '/etc/containerd/runsc.toml' },
      });
      expect(machine.running()).toEqual({ cri: 'ok', handlers: [...running.handlers, 'runsc'] });
      // The file's previous content is still there, byte for byte.
      if (bytes !== undefined) expect(readFileSync(file).subarray(0, bytes.length)).toEqual(bytes);
    },
  );
});

describe('the file', () => {
  it('is the one that the unit names', async () => {
    const machine = await node.create({ configuration: 'elsewhere' });

    await run(machine);

    expect(readFileSync(`${machine.tree}/etc/kubernetes/containerd.toml`, 'utf8')).toContain('# airlock:begin gvisor');
    expect(existsSync(`${machine.tree}/etc/containerd/config.toml`)).toBe(false);
  });

  it('keeps its mode', async () => {
    const machine = await node.create();
    await machine.run({
      text: 'ROOT=\'\'\nchmod 600 "$ROOT/etc/containerd/config.toml"',
      environment: {},
      timeoutSeconds: 5,
    });

    await run(machine);

    expect(statSync(machine.tree + machine.config).mode & 0o777).toBe(0o600);
  });

  it('is not changed if it is a link', async () => {
    const machine = await node.create();
    await machine.run({
      text: 'ROOT=\'\'\ncd "$ROOT/etc/containerd"\nmv config.toml real.toml\nln -s real.toml config.toml',
      environment: {},
      timeoutSeconds: 5,
    });

    const { result } = await run(machine);

    expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched' });
    expect(result.detail).toContain('symbolic link');
  });

  it('is not changed if it has a start of our block but no end', async () => {
    const machine = await node.create();
    await machine.run({
      text: "ROOT=''\necho '# airlock:begin gvisor' >>\"$ROOT/etc/containerd/config.toml\"",
      environment: {},
      timeoutSeconds: 5,
    });

    const { result } = await run(machine);

    expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched' });
    expect(result.detail).toContain('without its end');
  });

  it('gets our block again if bootstrap has rewritten the file', async () => {
    const machine = await node.create();
    const first = readFileSync(machine.tree + machine.config, 'utf8');
    await run(machine);
    await machine.run({
      text: `ROOT=''\ncat >"$ROOT/etc/containerd/config.toml" <<'END'\n${first}END`,
      environment: {},
      timeoutSeconds: 5,
    });

    const { result } = await run(machine);

    expect(result).toMatchObject({ outcome: 'installed', config: 'edited', restarts: 1 });
    expect(machine.running().handlers).toContain('runsc');
  });
});
