import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodes, run } from '../../../../test/ssm-documents/node.ts';
import { type MachineFault, machineFaults } from '../../machine/faults.ts';

const node = nodes();

describe('a simulated machine', () => {
  it('describes itself, and states that its runtime is a stand-in', async () => {
    const machine = await node.create({ containerd: '2.3.4', os: 'debian 13' });

    expect(machine.kind).toBe('simulated');
    expect(machine.description).toMatch(/containerd 2\.3\.4, debian 13.*stand-ins/);
  });

  it("shows the kubelet what the running daemon has loaded, not the file's content", async () => {
    const machine = await node.create();
    await machine.run({
      text: `ROOT=''\nprintf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.late]\\nruntime_type = "x"\\n' >>"$ROOT/etc/containerd/config.toml"`,
      environment: {},
      timeoutSeconds: 5,
    });
    const before = (await machine.handlers())?.map(({ name }) => name);

    machine.reboot();

    expect(before).toEqual(['runc']);
    expect((await machine.handlers())?.map(({ name }) => name)).toEqual(['runc', 'late']);
  });

  it('cannot report its handlers with containerd 1.7', async () => {
    expect(await (await node.create({ containerd: '1.7.24' })).handlers()).toBeUndefined();
  });

  it('keeps an installation over a reboot', async () => {
    const machine = await node.create();
    await run(machine);

    machine.reboot();

    expect((await run(machine, 'prove')).result.outcome).toBe('proven');
    expect((await run(machine)).result).toMatchObject({ outcome: 'already-installed', restarts: 0 });
  });

  it("has only the host's programs in PATH that it was given", async () => {
    const machine = await node.create({ without: ['curl'] });

    const { stdout } = await machine.run({
      text: `ROOT=''\ncommand -v curl jq awk perl || echo none\ncommand -v systemctl containerd ctr`,
      environment: {},
      timeoutSeconds: 5,
    });

    expect(stdout).toContain('none\n');
    for (const line of stdout.trim().split('\n').slice(1)) expect(line.startsWith(machine.tree)).toBe(true);
  });

  it('refuses with an error what a stand-in does not know', async () => {
    const machine = await node.create();

    const { stderr } = await machine.run({
      text: 'systemctl reboot; ctr images pull x; containerd migrate; cloud-init clean',
      environment: {},
      timeoutSeconds: 20,
    });

    expect(stderr).toMatch(/systemctl \(stand-in\): unknown: reboot/);
    expect(stderr).toMatch(/ctr \(stand-in\): unknown: images pull x/);
    expect(stderr).toMatch(/stand-in for containerd does not know: migrate/);
    expect(stderr).toMatch(/cloud-init \(stand-in\): unknown clean/);
  });

  it('is gone when it is destroyed', async () => {
    const machine = await node.create();
    await machine.destroy();

    expect(() => readFileSync(`${machine.tree}/etc/os-release`)).toThrow('ENOENT');
  });

  it('describes each of its faults', () => {
    for (const fault of Object.keys(machineFaults) as MachineFault[])
      expect(machineFaults[fault].about).toMatch(/^[a-z].+[^.]$/);
  });
});

describe('an installation on other hosts', () => {
  it('uses the archive for its architecture', async () => {
    await run(await node.create({ arch: 'aarch64', os: 'ubuntu 22.04', kubelet: 'service', cgroup: 'v1' }));

    expect([...node.mirror.requests.keys()].some((path) => path.includes('gvisor-aarch64.tar'))).toBe(true);
  });

  it('is refused if the version is not pinned for the architecture', async () => {
    const { result } = await run(await node.create({ arch: 'aarch64' }), 'install', '20260921.0');

    expect(result).toMatchObject({ outcome: 'host-unsupported', config: 'untouched' });
    expect(result.detail).toContain('not pinned for aarch64; pinned are: 20260831.0/x86_64 20260831.0/aarch64');
  });
});
