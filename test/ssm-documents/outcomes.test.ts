import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resultLimit } from '../../domain/result.ts';
import type { MachineFault } from '../../packages/lab/faults.ts';
import type { SimulatedOptions } from '../../packages/lab/machines.ts';
import { nodes, resultOf, run, runChanged } from './node.ts';
import { readShown } from './shown.ts';

const node = nodes();

describe('an installation that succeeds', () => {
  it('reports everything in one short line, and prints nothing else on stdout', async () => {
    const machine = await node.create();

    const { result, exitCode, stdout, stderr } = await run(machine);

    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout.length).toBeLessThan(resultLimit);
    expect(result).toMatchObject({
      verb: 'install',
      runtime: 'gvisor',
      version: '20260928.0',
      outcome: 'installed',
      detail: '',
      handler: 'runsc',
      config: 'edited',
      restarts: 1,
      sandboxImage: '602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/pause:3.10',
      evidence: 'Starting gVisor, kernel 4.19.0-gvisor',
      host: { os: 'ubuntu 24.04', arch: 'x86_64', containerd: '2.2.1', configVersion: 2, cgroup: 'v2' },
    });
    expect(Object.keys(result.phases)).toEqual([
      ...['lock', 'bootstrap', 'preflight', 'fetch', 'stage', 'offline', 'switch', 'edit', 'restart', 'proof'],
    ]);
    expect(readFileSync(`${machine.tree}/var/log/airlock.log`, 'utf8')).toBe(stderr);
    expect(machine.running().handlers).toEqual(['runc', 'runsc']);
  });

  it('changes nothing and restarts nothing the second time, and can be proven without a change', async () => {
    const machine = await node.create();
    await run(machine);
    const config = readFileSync(machine.tree + machine.config, 'utf8');
    const asked = [...node.mirror.requests.values()].reduce((total, count) => total + count, 0);

    const second = await run(machine);
    const proof = await run(machine, 'prove');

    expect(second.result).toMatchObject({ outcome: 'already-installed', restarts: 0, config: 'untouched' });
    expect(proof.result).toMatchObject({ outcome: 'proven', restarts: 0, config: 'untouched', verb: 'prove' });
    expect(proof.result.evidence).toContain('Starting gVisor');
    expect(machine.restarts()).toBe(1);
    expect(readFileSync(machine.tree + machine.config, 'utf8')).toBe(config);
    expect([...node.mirror.requests.values()].reduce((total, count) => total + count, 0)).toBe(asked);
  });

  it('switches to another version without a restart', async () => {
    const machine = await node.create();
    await run(machine, 'install', '20260921.0');

    const { result } = await run(machine, 'install', '20261005.0');

    expect(result).toMatchObject({ outcome: 'installed', version: '20261005.0', restarts: 0, config: 'untouched' });
    expect((await run(machine, 'prove', '20260921.0')).result.outcome).toBe('proof-failed');
    expect((await run(machine, 'prove', '20261005.0')).result.outcome).toBe('proven');
  });

  const recovers: readonly (readonly [MachineFault, number])[] = [
    ['download-500', 2],
    ['download-cut', 2],
    ['cloud-init-degraded', 1],
  ];
  it.each(recovers)('survives %s', async (fault, attempts) => {
    const { result, stderr } = await run(await node.create({ faults: [fault] }));

    expect(result.outcome).toBe('installed');
    expect(stderr.match(/step: download/g)).toHaveLength(attempts);
  });
});

describe('every failure has its outcome and leaves containerd as it was', () => {
  const refusals: readonly (readonly [string, SimulatedOptions, string, string])[] = [
    [
      'cloud-init ended with an error',
      { faults: ['cloud-init-failed'] },
      'bootstrap-failed',
      "cloud-init status --wait ended with 1: ('scripts_user', RuntimeError('Runparts: 1 failures (part-001) in 1 attempted commands'))",
    ],
    ['containerd does not run', { faults: ['containerd-dead'] }, 'bootstrap-failed', 'containerd.service is failed'],
    ['a kernel that is too old', { kernel: '5.4.0-1109-aws' }, 'host-unsupported', 'gVisor needs Linux 5.6 or newer'],
    ['KillMode is not process', { faults: ['kill-mode'] }, 'config-rejected', 'KillMode=control-group'],
    ['a package of the same runtime', { faults: ['foreign-package'] }, 'installer-conflict', '20260907.0'],
    ["another owner's runsc", { faults: ['foreign-binary'] }, 'installer-conflict', '/usr/local/bin/runsc exists'],
    ["another owner's handler", { configuration: 'foreign' }, 'handler-conflict', 'runsc'],
    ['a full disk', { faults: ['disk-full'] }, 'disk-full', '/opt/airlock/gvisor needs 600 MiB'],
    ['no program to download with', { faults: ['tool-missing'] }, 'tool-missing', 'neither curl nor wget'],
    ['no program to unpack with', { without: ['zstd'], apt: 'offline' }, 'tool-missing', 'zstd cannot be installed'],
  ];
  it.each(refusals)('%s: nothing is downloaded, nothing restarted', async (_, options, outcome, detail) => {
    const machine = await node.create(options);
    const before = machine.effective();
    const asked = node.mirror.requests.get('/') ?? node.mirror.requests.size;

    const { result, exitCode } = await run(machine);

    expect(exitCode).toBe(1);
    expect(result).toMatchObject({ outcome, config: 'untouched', restarts: 0 });
    expect(result.detail).toContain(detail);
    expect(machine.effective()).toEqual(before);
    expect(machine.restarts()).toBe(0);
    expect(existsSync(`${machine.tree}/var/lib/airlock/download`)).toBe(false);
    expect(node.mirror.requests.get('/') ?? node.mirror.requests.size).toBe(asked);
  });

  const failures: readonly (readonly [MachineFault, string, string, 'untouched' | 'restored', number])[] = [
    ['download-404', 'download-failed', 'answered 404', 'untouched', 0],
    ['checksum-mismatch', 'checksum-mismatch', 'the catalogue pins sha256', 'untouched', 0],
    ['disk-full-while-unpacking', 'disk-full', 'No space left on device', 'untouched', 0],
    ['not-sandboxed', 'proof-failed', "runs on the host's own kernel 6.8.0-1069-aws", 'restored', 2],
    [
      ...(['containerd-does-not-return', 'containerd-restart-failed'] as const),
      'systemctl restart containerd failed: containerd: planted fault: this daemon does not start with such a handler',
      ...(['restored', 2] as const),
    ],
    [
      ...(['cri-does-not-return', 'containerd-restart-failed'] as const),
      'and are io.containerd.cri.v1.images error, io.containerd.cri.v1.runtime error, io.containerd.grpc.v1.cri error, : planted fault',
      ...(['restored', 2] as const),
    ],
  ];
  it.each(failures)('%s', async (fault, outcome, detail, config, restarts) => {
    const machine = await node.create({ faults: [fault] });
    const before = readFileSync(machine.tree + machine.config);

    const { result, exitCode } = await run(machine);

    expect(exitCode).toBe(1);
    expect(result).toMatchObject({ outcome, config, restarts });
    expect(result.detail).toContain(detail);
    expect(readFileSync(machine.tree + machine.config)).toEqual(before);
    expect(machine.running()).toEqual({ handlers: ['runc'], cri: 'ok' });
    for (const left of ['usr/local/bin/runsc', 'etc/containerd/runsc.toml', 'var/lib/airlock/journal']) {
      expect(existsSync(`${machine.tree}/${left}`)).toBe(false);
    }
  });

  it('reports rollback-failed and damaged if containerd does not even return to the old configuration', async () => {
    const machine = await node.create({ faults: ['containerd-never-returns'] });

    const { result } = await run(machine);

    expect(result).toMatchObject({ outcome: 'rollback-failed', config: 'damaged', restarts: 2 });
    expect(readFileSync(machine.tree + machine.config, 'utf8')).not.toContain('airlock:begin');
  });

  it('executes no part of a damaged download', async () => {
    const machine = await node.create({ faults: ['checksum-mismatch'] });

    await run(machine);

    // It was unpacked while it was downloaded, and nothing of it remains.
    expect(readdirSync(`${machine.tree}/opt/airlock/gvisor`)).toEqual([]);
    expect(readdirSync(`${machine.tree}/var/lib/airlock`)).toEqual(['download.of']);
  });

  it('does not retry the download of a missing file', async () => {
    const { stderr } = await run(await node.create({ faults: ['download-404'] }));

    expect(stderr.match(/step: download/g)).toHaveLength(1);
  });

  it('finds no version if none is installed, or if one of its files was changed', async () => {
    const machine = await node.create();
    const missing = await run(machine, 'prove');
    await run(machine);
    writeFileSync(`${machine.tree}/opt/airlock/gvisor/20260928.0/gvisor-bin/gvisor_sentry`, '#!/bin/sh\nexec "$2"\n');
    const changed = await run(machine, 'prove');

    expect(missing.result).toMatchObject({
      outcome: 'proof-failed',
      detail: 'the node has no version of gvisor, not 20260928.0',
    });
    expect(changed.result).toMatchObject({ outcome: 'proof-failed', config: 'untouched' });
    expect(changed.result.detail).toContain('differ from the installed ones');
  });

  it('does not accept a handler that points at plain runc', async () => {
    const machine = await node.create();
    await run(machine);
    const file = machine.tree + machine.config;
    writeFileSync(file, readFileSync(file, 'utf8').replace('io.containerd.runsc.v1"', 'io.containerd.runc.v2"'));

    const { result } = await run(machine, 'prove');

    expect(result.outcome).toBe('proof-failed');
    expect(result.detail).toContain("runs on the host's own kernel");
  });

  it('waits for a bootstrap as long as the time allows, with some left for the rest', async () => {
    const machine = await node.create();
    writeFileSync(`${machine.tree}/usr/bin/cloud-init`, '#!/bin/sh\nexec sleep 1000\n');

    const { result } = await run(machine, 'install', { seconds: 4 });

    expect(result).toMatchObject({
      outcome: 'bootstrap-failed',
      detail: expect.stringMatching(/^cloud-init was not done after [12] s$/),
    });
  });

  it('leaves two minutes of a long time for the steps after the bootstrap, and half of a short one', async () => {
    const machine = await node.create();
    const program = `${machine.tree}/usr/bin/cloud-init`;
    writeFileSync(program, `#!/bin/sh\ntr '\\0' '\\n' </proc/$PPID/cmdline >"$HOME/asked"\nexit 1\n`);
    const asked = async (seconds: number) => {
      await run(machine, 'install', { seconds });
      return Number(readFileSync(`${machine.tree}/root/asked`, 'utf8').split('\n')[1]);
    };

    for (const [seconds, waited] of [
      [7_200, 7_080],
      [900, 780],
      [120, 60],
    ] as const) {
      expect(Math.abs((await asked(seconds)) - waited)).toBeLessThanOrEqual(3);
    }
  });

  it('waits for another run no longer than the time allows', async () => {
    const machine = await node.create();
    const holder = machine.run({
      text: `#!/bin/bash\nROOT=''\nmkdir -p "$ROOT/run/airlock"\nexec flock "$ROOT/run/airlock/lock" sleep 2`,
      environment: {},
      timeoutSeconds: 20,
    });
    while (!existsSync(`${machine.tree}/run/airlock/lock`)) await new Promise((resolve) => setTimeout(resolve, 20));

    const { result } = await run(machine, 'install', { seconds: 2 });

    expect(result).toMatchObject({ outcome: 'concurrent-run', config: 'untouched' });
    await holder;
  });

  it('names the place of a setting that it would change, and never its value', async () => {
    const machine = await node.create({ containerd: '1.7.24', configuration: 'no-runc' });

    const { result } = await run(machine);

    expect(result.outcome).toBe('config-rejected');
    expect(result.detail).toMatch(
      /would alter more than Airlock's handler in the effective configuration: plugins\S+$/,
    );
  });

  it('ends with a result even if it dies at an unexpected place', async () => {
    const machine = await node.create();

    const ended = await runChanged(machine, (text) =>
      text.replace(/^switch\(\) \{$/m, 'switch() {\n  false "a\\"b\\\\c"\n'),
    );

    const result = resultOf(readShown(ended), ended.stderr);
    expect(ended.exitCode).toBe(1);
    expect(result.outcome).toBe('install-failed');
    // In words: neither a line number nor a place in the script.
    expect(result.detail).toMatch(/^the phase switch failed after the step ".+": false .+ ended with status 1$/);
  });

  it.each(['switch', 'apply_edit'])('reports a disk as full that fills up in %s', async (place) => {
    const machine = await node.create();
    const before = machine.effective();

    const ended = await runChanged(machine, (text) =>
      text.replace(
        new RegExp(`^${place}\\(\\) \\{$`, 'm'),
        () => `${place}() {\n  printf '#!/bin/sh\\necho; echo / 9 9 0 100%%\\n' >"$ROOT/usr/bin/df"\n  false\n`,
      ),
    );

    expect(resultOf(readShown(ended), ended.stderr)).toMatchObject({ outcome: 'disk-full' });
    expect(machine.effective()).toEqual(before);
    expect(existsSync(`${machine.tree}/usr/local/bin/runsc`)).toBe(false);
  });

  it('never ends with a status that the agent would treat as a command', async () => {
    for (const status of [137, 168, 169, 194]) {
      const machine = await node.create();

      const ended = await runChanged(machine, (text) =>
        text.replace(/^stage\(\) \{$/m, `stage() {\n  exit ${status}\n`),
      );

      expect(ended.exitCode).toBe(1);
      expect(resultOf(readShown(ended), ended.stderr).outcome).toBe('install-failed');
    }
  });

  it('reports that it was told to stop, and undoes what it had changed', async () => {
    const machine = await node.create();
    const before = machine.effective();

    const ended = await runChanged(machine, (text) =>
      text.replace(/^prove_on_host\(\) \{$/m, () => 'prove_on_host() {\n  kill -TERM $$\n'),
    );

    expect(resultOf(readShown(ended), ended.stderr)).toMatchObject({
      outcome: 'install-failed',
      config: 'restored',
      detail: 'the run received a signal to stop',
    });
    expect(machine.effective()).toEqual(before);
  });
});
