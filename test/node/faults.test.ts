import { describe, expect, it } from 'vitest';
import { realFaults } from '../../packages/lab/real-machines.ts';
import { expectAsBefore, onNode, run, snapshot } from './installation.ts';
import { newest, targets } from './targets.ts';

// The newest containerd's behaviour with each fault is compared with the model; these faults depend on the containerd.
describe.each(targets.filter((target) => target !== newest))('$name', (target) => {
  it.each([
    ['not-sandboxed', 'proof-failed', "the host's own kernel"],
    [
      'containerd-does-not-return',
      'containerd-restart-failed',
      'systemctl restart containerd failed: containerd: planted fault',
    ],
    ['cri-does-not-return', 'containerd-restart-failed', '/run/without-cri.toml'],
  ] as const)(
    '%s: the old configuration is restored byte for byte, and containerd runs with it',
    async (fault, outcome, detail) => {
      const { options, kind = 'sandboxed' } = realFaults[fault] ?? {};
      await onNode(target, { ...options, kind }, async (machine) => {
        const before = await snapshot(machine);
        const configuration = await machine.configuration();

        const result = await run(machine, 'install', { kind });

        expect(result).toMatchObject({ outcome, config: 'restored', restarts: 2 });
        expect(result.detail).toContain(detail);
        expectAsBefore(await snapshot(machine), before);
        expect(await machine.configuration()).toBe(configuration);
        expect((await machine.exec(['sh', '-c', 'command -v runsc containerd-shim-runsc-v1'])).stdout).toBe('');
      });
    },
  );
});

it('a containerd that has used up its starts is started once more with the old configuration', async () => {
  const dies = realFaults['containerd-does-not-return']?.options?.files;
  const once = '/etc/systemd/system/containerd.service.d/once.conf';
  const files = { ...dies, [once]: '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=1\n' };
  await onNode(newest, { files }, async (machine) => {
    const before = await snapshot(machine);

    const result = await run(machine);

    expect(result).toMatchObject({ outcome: 'containerd-restart-failed', config: 'restored', restarts: 2 });
    expectAsBefore(await snapshot(machine), before);
  });
});

it('a version that does not sandbox is detected before anything is linked', async () => {
  await onNode(newest, { kind: 'plain-runsc' }, async (machine) => {
    const before = await snapshot(machine);

    const result = await run(machine, 'install', { kind: 'plain-runsc' });

    expect(result).toMatchObject({ outcome: 'proof-failed', config: 'untouched', restarts: 0 });
    const after = await snapshot(machine);
    expectAsBefore(after, before);
    expect(after.daemon).toEqual(before.daemon);
  });
});

it('an archive without its shim is refused', async () => {
  await onNode(newest, { kind: 'without-shim' }, async (machine) => {
    const before = await snapshot(machine);

    const result = await run(machine, 'install', { kind: 'without-shim' });

    expect(result).toMatchObject({ outcome: 'install-failed', config: 'untouched', restarts: 0 });
    expect(result.detail).toContain('containerd-shim-runsc-v1');
    expectAsBefore(await snapshot(machine), before);
  });
});

it('a missing shim is not proven, and the next run restores it without a restart', async () => {
  await onNode(newest, {}, async (machine) => {
    await run(machine);
    const installed = await snapshot(machine);
    await machine.read('rm', '/opt/airlock/gvisor/20260928.0/containerd-shim-runsc-v1');

    expect(await run(machine, 'prove')).toMatchObject({ outcome: 'proof-failed', config: 'untouched', restarts: 0 });
    expect(await run(machine)).toMatchObject({ outcome: 'installed', config: 'untouched', restarts: 0 });
    expect(await snapshot(machine)).toEqual(installed);
  });
});

// With so few inodes a disk is full as soon as a file is created there.
const full = (path: string, inodes: number) =>
  `mkdir -p ${path} && cp -a ${path} /run/copy && mount -t tmpfs -o nr_inodes=${inodes} tmpfs ${path} && cp -a /run/copy/. ${path}`;

it.each([
  ['the candidate of the configuration is written', full('/etc/containerd', 2)],
  ['the version is downloaded', 'mkdir -p /var/lib/airlock && mount -t tmpfs -o size=4m tmpfs /var/lib/airlock'],
  ['the journal is written', full('/var/lib/airlock', 3)],
  ['the version is linked', full('/usr/local/bin', 1)],
])('a disk that is full when %s: disk-full, and nothing is changed or restarted', async (_, command) => {
  await onNode(newest, {}, async (machine) => {
    await machine.read('sh', '-c', command);
    const before = await snapshot(machine);

    const result = await run(machine);

    expect(result).toMatchObject({ outcome: 'disk-full', config: 'untouched', restarts: 0 });
    const after = await snapshot(machine);
    expectAsBefore(after, before);
    expect(after.daemon).toEqual(before.daemon);
  });
});
