import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type SimulatedMachine, type SimulatedOptions, tableAt } from '../../packages/lab/machines.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';
import { boundariesIn, catalogue, filesOf, killAt, nodes, run, runChanged } from './node.ts';
import { readShown } from './shown.ts';

const node = nodes();
const kata = { runtime: 'kata' } as const;
const bytesOf = (machine: SimulatedMachine) => readFileSync(machine.tree + machine.config, 'utf8');
const handlersOf = (machine: SimulatedMachine) =>
  tableAt(machine.effective(), 'plugins', 'io.containerd.cri.v1.runtime', 'containerd', 'runtimes');
const configurations = '/opt/kata/share/defaults/kata-containers/runtime-rs';

describe('an installation of Kata', () => {
  it('proves a guest before containerd is changed and again through the handler, and restarts containerd once', async () => {
    const machine = await node.create();
    const before = bytesOf(machine);

    const { result, stderr } = await run(machine, 'install', kata);
    const again = await run(machine, 'install', kata);
    const proof = await run(machine, 'prove', kata);

    expect(result, stderr).toMatchObject({
      runtime: 'kata',
      version: '4.2.0',
      outcome: 'installed',
      handler: 'kata-qemu',
      config: 'edited',
      restarts: 1,
    });
    expect(result.evidence).toMatch(/^its own guest, boot id [0-9a-f-]{36}, kernel 6\.18\./);
    expect(result.evidence).not.toContain(result.host?.bootId);
    expect(stderr.indexOf('proven offline')).toBeLessThan(stderr.indexOf('restart containerd'));
    expect(handlersOf(machine)['kata-qemu']).toMatchObject({
      runtime_type: 'io.containerd.kata-qemu.v2',
      runtime_path: '/opt/kata/runtime-rs/bin/containerd-shim-kata-v2',
      privileged_without_host_devices: true,
      options: { ConfigPath: `${configurations}/configuration-qemu-runtime-rs.toml` },
    });
    expect(bytesOf(machine).startsWith(before)).toBe(true);
    expect(readFileSync(`${machine.tree}/etc/modules-load.d/airlock-kata.conf`, 'utf8')).toBe(
      '# Written by Airlock.\nkvm_intel\nvhost_vsock\nvhost_net\n',
    );
    expect(again.result).toMatchObject({ outcome: 'already-installed', restarts: 0, config: 'untouched' });
    expect(proof.result.outcome).toBe('proven');
    expect(readdirSync(`${machine.tree}/opt/airlock/kata`)).toEqual([]);
    expect(readdirSync(`${machine.tree}/var/lib/airlock`)).toEqual([]);
  });

  it('passes only the pod annotations that airlock.yaml lists to the shim, and Kata accepts no other', async () => {
    const machine = await node.create();
    const name = 'io.katacontainers.config.hypervisor.default_vcpus';
    const text = scriptOf(assembleDocument(catalogue, 'kata', 'install', { annotations: [name] }));
    const listed = { text, environment: { SSM_Version: '4.2.0' }, timeoutSeconds: 60 };
    const heeded = () =>
      readFileSync(`${machine.tree}${configurations}/configuration-qemu-runtime-rs.toml`, 'utf8').match(
        /^enable_annotations.*$/m,
      )?.[0];

    await run(machine, 'install', kata);
    const none = { handler: handlersOf(machine)['kata-qemu'], heeded: heeded() };
    const changed = readShown(await machine.run(listed));
    const some = { handler: handlersOf(machine)['kata-qemu'], heeded: heeded() };
    const again = readShown(await machine.run(listed));

    expect(none.handler).toHaveProperty('pod_annotations', []);
    expect(none.handler).toHaveProperty('container_annotations', []);
    expect(none.heeded).toBe('enable_annotations = []');
    expect(changed).toMatchObject({ ok: true, result: { outcome: 'installed', restarts: 1 } });
    expect(some.handler).toHaveProperty('pod_annotations', [name]);
    expect(some.heeded).toBe('enable_annotations = ["^default_vcpus$"]');
    expect(again).toMatchObject({ ok: true, result: { outcome: 'already-installed', restarts: 0 } });
  });

  it.each([
    ['kata-clh', 'configuration-clh-runtime-rs.toml'],
    ['kata-dragonball', 'configuration-dragonball.toml'],
  ])('takes the handler %s from its parameter, and changes it later in one restart', async (handler, file) => {
    const machine = await node.create();
    await run(machine, 'install', { ...kata, handler });
    const first = handlersOf(machine);

    const { result } = await run(machine, 'install', kata);

    expect(first[handler]).toMatchObject({ options: { ConfigPath: `${configurations}/${file}` } });
    expect(result).toMatchObject({ outcome: 'installed', handler: 'kata-qemu', restarts: 1 });
    expect(Object.keys(handlersOf(machine))).toEqual(['runc', 'kata-qemu']);
  });

  it('changes its version without a restart, and leaves nothing of the earlier one', async () => {
    const machine = await node.create();
    await run(machine, 'install', { ...kata, version: '4.1.0' });

    const { result } = await run(machine, 'install', kata);

    expect(result).toMatchObject({ outcome: 'installed', version: '4.2.0', restarts: 0, config: 'untouched' });
    expect(readFileSync(`${machine.tree}/opt/kata/VERSION`, 'utf8')).toBe('4.2.0\n');
    expect(readdirSync(`${machine.tree}/opt/airlock/kata`)).toEqual([]);
  });

  it('replaces no version while a guest runs, and restores the earlier one if the new one is not proven', async () => {
    const machine = await node.create();
    await run(machine, 'install', { ...kata, version: '4.1.0' });
    machine.startSandbox('kata');
    const inUse = await run(machine, 'install', kata);
    machine.endSandboxes();

    const ended = await runChanged(
      machine,
      (text) => text.replace(/^judge_sandbox\(\) \{$/m, () => 'judge_sandbox() {\n  REPLY=unproven; return 1\n'),
      'install',
      kata,
    );

    expect(inUse.result).toMatchObject({ outcome: 'runtime-in-use', config: 'untouched', restarts: 0 });
    expect(inUse.result.detail).toContain('their shims have the pids 2201');
    expect(ended.stdout).toMatch(/"outcome":"proof-failed".*"config":"untouched","restarts":0/);
    expect(readFileSync(`${machine.tree}/opt/kata/VERSION`, 'utf8')).toBe('4.1.0\n');
    expect((await run(machine, 'prove', { ...kata, version: '4.1.0' })).result.outcome).toBe('proven');
  });

  it('installs zstd if it is missing, and nothing that restarts containerd', async () => {
    const machine = await node.create({ without: ['zstd'], apt: 'without-lists' });

    const { result, stderr } = await run(machine, 'install', kata);

    expect(result, stderr).toMatchObject({ outcome: 'installed', restarts: 1 });
    expect(stderr).toContain('installed zstd');
    expect(machine.restarts()).toBe(1);
  });
});

describe('the reasons to refuse Kata', () => {
  const off = { kvm: 'off' } as const;
  const refusals: readonly (readonly [string, SimulatedOptions, string, RegExp])[] = [
    [
      'a type that cannot',
      { virtualization: { ...off, processor: 'amd', instanceType: 'm7a.large' } },
      'kvm-missing',
      /^m7a\.large does not support it: .*use a \.metal type, or one of the families c7i, c8i/,
    ],
    [
      'nested virtualization that is off',
      { virtualization: { ...off, instanceType: 'm7i-flex.large' } },
      'kvm-missing',
      /^m7i-flex\.large supports it, but nested virtualization is off: .*CpuOptions\.NestedVirtualization=enabled.*cpuOptions\.nestedVirtualization/,
    ],
    [
      'an instance type that is not known',
      { virtualization: { ...off, instanceType: 'm6i.large' } },
      'kvm-missing',
      /^m6i\.large is not known .*describe-instance-types/,
    ],
    [
      'Graviton',
      { arch: 'aarch64', virtualization: { ...off, instanceType: 'm8g.large' } },
      'kvm-missing',
      /^m8g\.large does not support it/,
    ],
    ['another hypervisor', { virtualization: { ...off, instanceType: undefined } }, 'kvm-missing', /in its hypervisor/],
    [
      'no device despite the module',
      { virtualization: { kvm: 'no-device' } },
      'kvm-missing',
      /^\/dev\/kvm does not exist/,
    ],
    [
      'a module that is missing',
      { virtualization: { withoutModules: ['vhost_vsock'] } },
      'host-unsupported',
      /vhost_vsock.*not found/,
    ],
    [
      'no module for the processor',
      { virtualization: { withoutModules: ['kvm_intel'] } },
      'kvm-missing',
      /kvm_intel cannot be loaded/,
    ],
    ['a full disk', { faults: ['disk-full'] }, 'disk-full', /needs 7000 MiB/],
    [
      'no zstd and no archive',
      { without: ['zstd'], apt: 'offline' },
      'tool-missing',
      /^zstd cannot be installed: .*Temporary failure/,
    ],
    ['no zstd and no apt', { without: ['zstd'], apt: 'absent' }, 'tool-missing', /^zstd is not on the node/],
    [
      'a zstd that brings another containerd',
      { without: ['zstd'], apt: 'moves-containerd' },
      'tool-missing',
      /would change containerd or runc: Inst containerd/,
    ],
    ['kata-deploy', { foreign: 'kata-deploy' }, 'installer-conflict', /kata-deploy manages Kata/],
    ['a Kata that was installed by hand', { foreign: 'kata by hand' }, 'installer-conflict', /^\/opt\/kata exists/],
    ['a package', { foreign: 'package kata-containers' }, 'installer-conflict', /package kata-containers/],
  ];
  it.each(refusals)('%s: nothing is downloaded, nothing restarted', async (_, options, outcome, detail) => {
    const machine = await node.create(options);
    const before = { bytes: bytesOf(machine), asked: node.mirror.requests.size };

    const { result } = await run(machine, 'install', kata);

    expect(result).toMatchObject({ outcome, config: 'untouched', restarts: 0 });
    expect(result.detail).toMatch(detail);
    expect({ bytes: bytesOf(machine), asked: node.mirror.requests.size }).toEqual(before);
    expect(machine.restarts()).toBe(0);
    expect(existsSync(`${machine.tree}/var/lib/airlock/download`)).toBe(false);
  });

  it('a handler that upstream does not have for the architecture, with one that it has', async () => {
    const { result } = await run(await node.create({ arch: 'aarch64' }), 'install', { ...kata, handler: 'kata-clh' });

    expect(result).toMatchObject({ outcome: 'host-unsupported', handler: 'kata-clh' });
    expect(result.detail).toContain('use the handler kata-qemu');
  });
});

describe('a failed installation of Kata', () => {
  it.each([
    ['not-sandboxed', 'proof-failed', 'boot id', 'untouched', 0],
    ['containerd-does-not-return', 'containerd-restart-failed', 'systemctl restart', 'restored', 2],
    ['checksum-mismatch', 'checksum-mismatch', 'sha256', 'untouched', 0],
    ['disk-full-while-unpacking', 'disk-full', 'No space left', 'untouched', 0],
  ] as const)('%s leaves the node as it was', async (fault, outcome, detail, config, restarts) => {
    const machine = await node.create({ faults: [fault] });
    const before = bytesOf(machine);

    const { result } = await run(machine, 'install', kata);

    expect(result).toMatchObject({ outcome, config, restarts });
    expect(result.detail).toContain(detail);
    expect(bytesOf(machine)).toBe(before);
    expect(machine.running()).toEqual({ handlers: ['runc'], cri: 'ok' });
    expect(existsSync(`${machine.tree}/opt/kata`)).toBe(false);
    expect(existsSync(`${machine.tree}/etc/modules-load.d/airlock-kata.conf`)).toBe(false);
  });

  it('does not accept a handler that points at plain runc', async () => {
    const machine = await node.create();
    await run(machine, 'install', kata);
    writeFileSync(
      machine.tree + machine.config,
      bytesOf(machine)
        .replace('io.containerd.kata-qemu.v2', 'io.containerd.runc.v2')
        .replace(/^ {2}runtime_path.*\n/m, ''),
    );

    const { result } = await run(machine, 'prove', kata);

    expect(result.outcome).toBe('proof-failed');
    expect(result.detail).toContain('not in a virtual machine');
  });

  it('refuses an archive whose configuration names a missing file', async () => {
    const machine = await node.create();

    const ended = await runChanged(
      machine,
      (text) =>
        text.replace(/^local new=\$unpacking file line$/m, (found) => `${found}\nrm "$new/opt/kata/libexec/virtiofsd"`),
      'install',
      kata,
    );

    expect(ended.stdout).toContain('names /opt/kata/libexec/virtiofsd, which');
    expect(existsSync(`${machine.tree}/opt/kata`)).toBe(false);
  });
});

// `download`, `staged`, `journal says linking`, `release from before put aside`, … `journal closed`.
const boundaries = 13;

describe('a run for Kata that is killed', () => {
  it.each(Array.from({ length: boundaries - 2 }, (_, i) => i + 3))(
    'at boundary %i is completed by the next',
    async (number) => {
      const machine = await node.create();
      await run(machine, 'install', { ...kata, version: '4.1.0', handler: 'kata-clh' });

      const killed = await runChanged(machine, killAt(number), 'install', kata);
      const { result, stderr } = await run(machine, 'install', kata);

      expect(killed.exitCode).toBe(137);
      expect(['installed', 'already-installed'], stderr).toContain(result.outcome);
      expect(result.restarts).toBeLessThanOrEqual(1);
      expect(machine.running()).toEqual({ handlers: ['runc', 'kata-qemu'], cri: 'ok' });
      expect(readFileSync(`${machine.tree}/opt/kata/VERSION`, 'utf8')).toBe('4.2.0\n');
      expect(readdirSync(`${machine.tree}/opt/airlock/kata`)).toEqual([]);
      expect(readdirSync(`${machine.tree}/var/lib/airlock`)).toEqual([]);
    },
  );

  it('has as many boundaries as these tests try', async () => {
    const machine = await node.create();
    await run(machine, 'install', { ...kata, version: '4.1.0', handler: 'kata-clh' });

    expect(boundariesIn((await run(machine, 'install', kata)).stderr)).toBe(boundaries);
  });

  // Between the two renames there is no /opt/kata.
  it.each([4, 5, 6, 7])('at boundary %i on a node whose proof fails gets the earlier version back', async (number) => {
    const machine = await node.create();
    await run(machine, 'install', { ...kata, version: '4.1.0' });
    const installed = filesOf(machine);
    const failing = (text: string) =>
      text.replace(/^judge_sandbox\(\) \{$/m, () => 'judge_sandbox() {\n  REPLY=unproven; return 1\n');

    await runChanged(machine, (text) => killAt(number)(failing(text)), 'install', kata);
    const ended = await runChanged(machine, failing, 'install', kata);

    expect(ended.stdout).toContain('"outcome":"proof-failed"');
    expect(readFileSync(`${machine.tree}/opt/kata/VERSION`, 'utf8')).toBe('4.1.0\n');
    expect(filesOf(machine).filter((path) => !path.startsWith('opt/airlock/kata/'))).toEqual(
      installed.filter((path) => !path.startsWith('opt/airlock/kata/')),
    );
    expect(existsSync(`${machine.tree}/opt/airlock/kata/previous`)).toBe(false);
  });
});

describe('an uninstallation of Kata', () => {
  it('leaves only the log, whichever handler it finds', async () => {
    const machine = await node.create();
    const before = { bytes: bytesOf(machine), files: filesOf(machine) };
    await run(machine, 'install', { ...kata, handler: 'kata-dragonball' });
    machine.startSandbox('kata');
    const refused = await run(machine, 'uninstall', kata);
    machine.endSandboxes();

    const { result } = await run(machine, 'uninstall', kata);

    expect(refused.result).toMatchObject({ outcome: 'runtime-in-use', restarts: 0, config: 'untouched' });
    expect(result).toMatchObject({ outcome: 'uninstalled', handler: 'kata-dragonball', version: '4.2.0', restarts: 1 });
    expect(bytesOf(machine)).toBe(before.bytes);
    const left = filesOf(machine).filter((path) => !before.files.includes(path));
    expect(left).toEqual(['var/log/airlock.log']);
  });

  it.each([5, 6, 7, 8])('that is killed at boundary %i is completed by the next', async (number) => {
    const machine = await node.create();
    await run(machine, 'install', kata);

    await runChanged(machine, killAt(number), 'uninstall', kata);
    const { result } = await run(machine, 'uninstall', kata);

    expect(result.outcome).toBe('uninstalled');
    for (const path of ['opt/kata', 'opt/airlock', 'etc/modules-load.d/airlock-kata.conf', 'var/lib/airlock'])
      expect(existsSync(`${machine.tree}/${path}`)).toBe(false);
  });

  it("leaves another owner's Kata as it is", async () => {
    const machine = await node.create({ foreign: 'kata by hand' });

    const { result } = await run(machine, 'uninstall', kata);

    expect(result).toMatchObject({ outcome: 'uninstalled', version: '', restarts: 0 });
    expect(existsSync(`${machine.tree}/opt/kata/VERSION`)).toBe(true);
  });
});
