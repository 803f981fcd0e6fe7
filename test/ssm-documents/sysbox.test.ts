import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type SimulatedMachine, type SimulatedOptions, tableAt } from '../../packages/lab/machines.ts';
import { boundariesIn, filesOf, killAt, nodes, run, runChanged } from './node.ts';

const node = nodes();
const sysbox = { runtime: 'sysbox' } as const;
const bytesOf = (machine: SimulatedMachine) => readFileSync(machine.tree + machine.config, 'utf8');
const handlersOf = (machine: SimulatedMachine) =>
  tableAt(machine.effective(), 'plugins', 'io.containerd.cri.v1.runtime', 'containerd', 'runtimes');
const installed = (machine: SimulatedMachine) => existsSync(`${machine.tree}/usr/bin/sysbox-runc`);
/** Packages of the archive that the scripts installed, which stay. */
const tools = ['jq', 'rsync', 'fusermount3', 'iptables', 'lsb_release'].map((name) => `usr/bin/${name}`);

describe('an installation of Sysbox', () => {
  it('installs the package and its dependencies, proves a user namespace, and restarts containerd once', async () => {
    const machine = await node.create();
    const before = bytesOf(machine);

    const { result, stderr } = await run(machine, 'install', sysbox);
    const again = await run(machine, 'install', sysbox);
    const proof = await run(machine, 'prove', sysbox);

    expect(result, stderr).toMatchObject({
      runtime: 'sysbox',
      version: '0.7.1',
      outcome: 'installed',
      handler: 'sysbox-runc',
      config: 'edited',
      restarts: 1,
      evidence: 'root inside is user 231072 outside, of 65536',
    });
    expect(stderr).toContain('installed jq rsync fuse3 iptables lsb-release');
    expect(handlersOf(machine)['sysbox-runc']).toMatchObject({
      runtime_type: 'io.containerd.runc.v2',
      options: { BinaryName: '/usr/bin/sysbox-runc', SystemdCgroup: true },
    });
    expect(bytesOf(machine).startsWith(before)).toBe(true);
    expect(again.result).toMatchObject({ outcome: 'already-installed', restarts: 0, config: 'untouched' });
    expect(proof.result.outcome).toBe('proven');
    // The stand-in for apt restarts containerd if needrestart is not suppressed.
    expect(machine.restarts()).toBe(1);
    expect(readdirSync(`${machine.tree}/var/lib/airlock`)).toEqual([]);
    expect(await machine.handlers()).toContainEqual({
      name: 'sysbox-runc',
      features: { recursiveReadOnlyMounts: false, userNamespaces: true },
    });
  });

  it("uses runc's cgroup driver, whichever it is", async () => {
    const machine = await node.create({ configuration: 'imports' });

    await run(machine, 'install', sysbox);

    expect(handlersOf(machine)['sysbox-runc']).toMatchObject({ options: { SystemdCgroup: false } });
  });

  it.each(['without-lists', 'busy'] as const)('works with an apt that is %s', async (apt) => {
    const { result, stderr } = await run(await node.create({ apt }), 'install', sysbox);

    expect(result, stderr).toMatchObject({ outcome: 'installed', restarts: 1 });
  });

  it('restarts daemons that have died, without a restart of containerd', async () => {
    const machine = await node.create();
    await run(machine, 'install', sysbox);
    writeFileSync(`${machine.tree}/.machine/units/sysbox-fs.service`, 'failed\n');
    const dead = await run(machine, 'prove', sysbox);

    const { result } = await run(machine, 'install', sysbox);

    expect(dead.result).toMatchObject({ outcome: 'proof-failed', detail: 'sysbox-fs.service is failed' });
    expect(result).toMatchObject({ outcome: 'installed', restarts: 0, config: 'untouched' });
    expect((await run(machine, 'prove', sysbox)).result.outcome).toBe('proven');
  });
});

describe('the reasons to refuse Sysbox', () => {
  const refusals: readonly (readonly [string, SimulatedOptions, string, RegExp])[] = [
    [
      "jammy's 5.15 kernel",
      { os: 'ubuntu 22.04', kernel: '5.15.0-1120-aws' },
      'host-unsupported',
      /5\.15 kernel.*use linux-aws 6\.8.*issues\/958/,
    ],
    [
      'containerd 1.7',
      { containerd: '1.7.34' },
      'host-unsupported',
      /does not replace it by CRI-O; use containerd 2\.2\.1/,
    ],
    [
      'containerd 2.0.4',
      { containerd: '2.0.4' },
      'host-unsupported',
      /use containerd 2\.0\.5.*containerd\/issues\/11169/,
    ],
    ['an old kubelet', { kubeletVersion: '1.29.8' }, 'host-unsupported', /use Kubernetes 1\.33/],
    [
      'an old kubelet of kubeadm',
      { kubelet: 'service', kubeletVersion: '1.28.1' },
      'host-unsupported',
      /use Kubernetes 1\.33/,
    ],
    ['sysbox-deploy-k8s', { foreign: 'sysbox-deploy-k8s' }, 'installer-conflict', /sysbox-deploy-k8s manages/],
    ['CRI-O', { foreign: 'CRI-O' }, 'installer-conflict', /crio\.service/],
    [
      "another owner's package",
      { foreign: 'package sysbox-ce' },
      'installer-conflict',
      /sysbox-ce 0\.7\.0\.linux is installed/,
    ],
    [
      'no archive for its dependencies',
      { apt: 'offline' },
      'tool-missing',
      /^jq rsync fuse3 iptables lsb-release cannot be installed/,
    ],
    [
      'a plan that moves containerd',
      { apt: 'moves-containerd' },
      'tool-missing',
      /would change containerd or runc: Inst containerd/,
    ],
    ['a full disk', { faults: ['disk-full'] }, 'disk-full', /needs 500 MiB/],
  ];
  it.each(refusals)('%s: nothing is downloaded, nothing restarted', async (_, options, outcome, detail) => {
    const machine = await node.create(options);
    const before = { bytes: bytesOf(machine), asked: node.mirror.requests.size };

    const { result } = await run(machine, 'install', sysbox);

    expect(result).toMatchObject({ outcome, config: 'untouched', restarts: 0 });
    expect(result.detail).toMatch(detail);
    expect({ bytes: bytesOf(machine), asked: node.mirror.requests.size }).toEqual(before);
    expect(machine.restarts()).toBe(0);
    expect(installed(machine)).toBe(false);
  });

  it.each(['2.0.0', '2.0.5'] as const)('but not containerd %s', async (containerd) => {
    expect((await run(await node.create({ containerd }), 'install', sysbox)).result.outcome).toBe('installed');
  });

  it("waits for dpkg's lock no longer than the time allows", async () => {
    const machine = await node.create({ apt: 'held' });

    const { result } = await run(machine, 'install', { ...sysbox, seconds: 4 });

    expect(result.outcome).toBe('package-lock-timeout');
    expect(result.detail).toContain('dpkg frontend lock');
    expect(machine.restarts()).toBe(0);
  });

  it('user namespaces that are off, or no /dev/fuse', async () => {
    const machine = await node.create();
    writeFileSync(`${machine.tree}/proc/sys/user/max_user_namespaces`, '0\n');

    const { result } = await run(machine, 'install', sysbox);

    expect(result).toMatchObject({ outcome: 'host-unsupported', config: 'untouched' });
    expect(result.detail).toContain('user namespaces are off');
  });
});

describe('a failed installation of Sysbox', () => {
  const failures: readonly (readonly [string, SimulatedOptions, string, string, string, number])[] = [
    [
      'no user namespaces in its features',
      { sysbox: 'without-userns' },
      'proof-failed',
      'names no user namespaces',
      'untouched',
      0,
    ],
    [
      'a package that cannot be configured',
      { sysbox: 'broken-package' },
      'install-failed',
      'error code (1)',
      'untouched',
      0,
    ],
    [
      'a handler that runs on the host',
      { faults: ['not-sandboxed'] },
      'proof-failed',
      'not in its own user namespace',
      'restored',
      2,
    ],
    [
      'containerd that does not return',
      { faults: ['containerd-does-not-return'] },
      'containerd-restart-failed',
      'systemctl',
      'restored',
      2,
    ],
    ['a wrong checksum', { faults: ['checksum-mismatch'] }, 'checksum-mismatch', 'sha256', 'untouched', 0],
  ];
  it.each(failures)('%s removes the package again', async (_, options, outcome, detail, config, restarts) => {
    const machine = await node.create(options);
    const before = { bytes: bytesOf(machine), files: filesOf(machine) };

    const { result, stderr } = await run(machine, 'install', sysbox);

    expect(result, stderr).toMatchObject({ outcome, config, restarts });
    expect(result.detail).toContain(detail);
    expect(bytesOf(machine)).toBe(before.bytes);
    expect(machine.running()).toEqual({ handlers: ['runc'], cri: 'ok' });
    expect(installed(machine)).toBe(false);
    expect(readFileSync(`${machine.tree}/etc/passwd`, 'utf8')).not.toContain('sysbox');
  });

  it('names the daemon that does not start', async () => {
    const machine = await node.create({ sysbox: 'daemon-dies' });

    const ended = await runChanged(
      machine,
      (text) => text.replace('unit_seconds=30', 'unit_seconds=1'),
      'install',
      sysbox,
    );

    expect(ended.stdout).toContain('"detail":"sysbox-fs.service is failed after 1 s"');
    expect(installed(machine)).toBe(false);
  });

  it('does not accept a handler that points at plain runc', async () => {
    const machine = await node.create();
    await run(machine, 'install', sysbox);
    writeFileSync(machine.tree + machine.config, bytesOf(machine).replace(/^ {2}BinaryName.*\n/m, ''));

    const { result } = await run(machine, 'prove', sysbox);

    expect(result.outcome).toBe('proof-failed');
    expect(result.detail).toContain('root inside is user 0 outside');
  });
});

// `apt-get update`, `installed`, `download`, `staged`, `journal says linking`, `package installed`, … `journal closed`.
const boundaries = 14;

describe('a run for Sysbox that is killed', () => {
  it.each(Array.from({ length: boundaries - 2 }, (_, i) => i + 3))(
    'at boundary %i is completed by the next',
    async (number) => {
      const machine = await node.create();

      const killed = await runChanged(machine, killAt(number), 'install', sysbox);
      const { result, stderr } = await run(machine, 'install', sysbox);

      expect(killed.exitCode).toBe(137);
      expect(['installed', 'already-installed'], stderr).toContain(result.outcome);
      expect(result.restarts).toBeLessThanOrEqual(1);
      expect(machine.running()).toEqual({ handlers: ['runc', 'sysbox-runc'], cri: 'ok' });
      expect(readdirSync(`${machine.tree}/var/lib/airlock`)).toEqual([]);
    },
  );

  it('has as many boundaries as these tests try', async () => {
    expect(boundariesIn((await run(await node.create(), 'install', sysbox)).stderr)).toBe(boundaries);
  });
});

describe('an uninstallation of Sysbox', () => {
  it('purges the package with its user and state, and refuses while a container runs', async () => {
    const machine = await node.create();
    const before = { bytes: bytesOf(machine), files: filesOf(machine) };
    await run(machine, 'install', sysbox);
    machine.startSandbox('sysbox');
    const refused = await run(machine, 'uninstall', sysbox);
    machine.endSandboxes();

    const { result, stderr } = await run(machine, 'uninstall', sysbox);

    expect(refused.result).toMatchObject({ outcome: 'runtime-in-use', restarts: 0, config: 'untouched' });
    expect(refused.result.detail).toContain('/var/lib/sysboxfs/4c1d9e');
    expect(result, stderr).toMatchObject({ outcome: 'uninstalled', version: '0.7.1', restarts: 1 });
    expect(bytesOf(machine)).toBe(before.bytes);
    const left = filesOf(machine).filter((path) => !before.files.includes(path) && !tools.includes(path));
    expect(left.filter((path) => !/^usr\/lib(\/(systemd|sysctl\.d)(\/system)?)?$/.test(path))).toEqual([
      'var/log/airlock.log',
    ]);
    expect(readFileSync(`${machine.tree}/etc/passwd`, 'utf8')).not.toContain('sysbox');
  });

  it.each([5, 6, 7, 8])('that is killed at boundary %i is completed by the next', async (number) => {
    const machine = await node.create();
    await run(machine, 'install', sysbox);

    await runChanged(machine, killAt(number), 'uninstall', sysbox);
    const { result } = await run(machine, 'uninstall', sysbox);

    expect(result.outcome).toBe('uninstalled');
    expect(installed(machine)).toBe(false);
    for (const path of ['opt/airlock', 'var/lib/airlock', 'var/lib/sysboxfs'])
      expect(existsSync(`${machine.tree}/${path}`)).toBe(false);
  });

  it("leaves another owner's package as it is", async () => {
    const machine = await node.create({ foreign: 'package sysbox-ce' });

    const { result } = await run(machine, 'uninstall', sysbox);

    expect(result).toMatchObject({ outcome: 'uninstalled', restarts: 0 });
    expect(existsSync(`${machine.tree}/.machine/packages/sysbox-ce`)).toBe(true);
  });
});
