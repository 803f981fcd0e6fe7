import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SimulatedMachine } from '../../packages/lab/machines.ts';
import { nodes, run } from './node.ts';

const node = nodes();

/** A change after the start, by a file system's clock. */
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

const fileOf = (machine: SimulatedMachine) => machine.tree + machine.config;

describe('before containerd is restarted', () => {
  it.each(['1.7.24', '2.2.1', '2.3.4'] as const)(
    "another owner's change that does not load is refused with its file and reason (containerd %s)",
    async (containerd) => {
      const machine = await node.create({ containerd });
      const mirrors =
        '[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\nendpoint = ["https://mirror.example.com"]\n';
      await later();
      appendFileSync(fileOf(machine), mirrors);

      const { result } = await run(machine);

      expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
      expect(result.detail).toMatch(/^\/etc\/containerd\/config\.toml changed after containerd started, .*`mirrors`/);
      expect(machine.running().cri).toBe('ok');
    },
  );

  it("another owner's change that loads becomes effective with ours, and the result states so", async () => {
    const machine = await node.create();
    await later();
    appendFileSync(fileOf(machine), '\n[metrics]\naddress = "127.0.0.1:1338"\n');

    const { result } = await run(machine);
    const again = await run(machine);

    expect(result).toMatchObject({ outcome: 'installed', sideEffects: 'also loaded: /etc/containerd/config.toml' });
    expect(again.result).toMatchObject({ outcome: 'already-installed' });
    expect(again.result).not.toHaveProperty('sideEffects');
  });

  it('a change of the variables that form its command line is refused', async () => {
    const machine = await node.create({ configuration: 'elsewhere' });
    await later();
    writeFileSync(`${machine.tree}/etc/default/containerd`, 'CONTAINERD_OPTS=--config /etc/containerd/other.toml\n');

    const { result } = await run(machine);

    expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
    expect(result.detail).toContain('/etc/default/containerd changed after containerd started');
  });

  it('units that restart with it are listed, and one that would stay down is a reason to refuse', async () => {
    const listed = await run(await node.create({ bound: ['runner.service'] }));
    const refused = await run(await node.create({ stopped: ['runner.service'] }));

    expect(listed.result).toMatchObject({ outcome: 'installed', sideEffects: 'also restarted: runner.service' });
    expect(refused.result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
    expect(refused.result.detail).toContain('runner.service');
  });

  it('a long list of restarted units does not push the sandbox image out of the result', async () => {
    const bound = Array.from({ length: 9 }, (_, index) => `a-unit-with-a-name-that-is-long-${index}.service`);

    const { result } = await run(await node.create({ bound }));

    expect(result).toMatchObject({ outcome: 'installed' });
    expect(result.sandboxImage).toMatch(/pause/);
  });
});

describe('the daemon', () => {
  it('that does not answer on its socket is named by it', async () => {
    const machine = await node.create();
    writeFileSync(`${machine.tree}/.machine/socket`, '/run/other.sock');

    const { result } = await run(machine);

    expect(result).toMatchObject({ outcome: 'config-rejected', restarts: 0 });
    expect(result.detail).toContain('containerd does not answer on /run/containerd/containerd.sock: ');
  });

  it.each(['install', 'prove', 'uninstall'] as const)('cannot be queried without ctr (%s)', async (verb) => {
    const { result } = await run(await node.create({ without: ['ctr'] }), verb);

    expect(result).toMatchObject({ outcome: 'tool-missing', config: 'untouched', restarts: 0 });
    expect(result.detail).toMatch(/^ctr, /);
  });

  it('that the kubelet does not use is not changed', async () => {
    const machine = await node.create();
    const kubelet = `${machine.tree}/proc/901`;
    await machine.run({ text: `ROOT=''\nmkdir -p "$ROOT/proc/901"`, environment: {}, timeoutSeconds: 5 });
    writeFileSync(
      `${kubelet}/cmdline`,
      '/usr/bin/kubelet\0--container-runtime-endpoint=unix:///run/k3s/containerd/containerd.sock\0',
    );

    const { result } = await run(machine);
    // A pod's process decides nothing.
    writeFileSync(`${kubelet}/cgroup`, '0::/kubepods.slice/kubepods-besteffort.slice\n');
    const { result: pod } = await run(machine);

    expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
    expect(result.detail).toContain('the kubelet uses /run/k3s/containerd/containerd.sock');
    expect(pod).toMatchObject({ outcome: 'installed' });
  });
});

describe('our handler after a tool dropped its marks', () => {
  it('is recognized by its content, and removed', async () => {
    const machine = await node.create();
    const before = readFileSync(fileOf(machine), 'utf8');
    await run(machine);
    const file = readFileSync(fileOf(machine), 'utf8');
    writeFileSync(fileOf(machine), file.replaceAll(/^#.*\n/gm, ''));

    expect((await run(machine)).result).toMatchObject({ outcome: 'already-installed', restarts: 0 });
    expect((await run(machine, 'uninstall')).result).toMatchObject({ outcome: 'uninstalled', restarts: 1 });
    expect(readFileSync(fileOf(machine), 'utf8')).toBe(before);
  });

  it('is not removed only because of a table, if nothing of ours is installed', async () => {
    const machine = await node.create();
    await run(machine);
    writeFileSync(fileOf(machine), readFileSync(fileOf(machine), 'utf8').replaceAll(/^#.*\n/gm, ''));
    rmSync(`${machine.tree}/opt/airlock`, { recursive: true });

    expect((await run(machine, 'uninstall')).result).toMatchObject({
      outcome: 'handler-conflict',
      config: 'untouched',
    });
  });
});
