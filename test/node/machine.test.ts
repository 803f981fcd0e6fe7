import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { RealMachine, realDirectory } from '../../packages/lab/real-machines.ts';

const running = join(realDirectory(), 'running');

/** What a node could leave on the host: files, mounts and groups with its name. */
function tracesOf(id: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const groups = readdirSync('/sys/fs/cgroup', { withFileTypes: true }).flatMap((entry) =>
    entry.name === `airlock-${id}`
      ? [entry.name]
      : ['systemd', 'memory', 'unified'].map((name) => `${name}/airlock-${id}`),
  );
  return [
    ...(existsSync(join(running, id)) ? [join(running, id)] : []),
    ...mounts.filter((line) => line.includes(id)),
    ...groups.filter((group) => existsSync(join('/sys/fs/cgroup', group))),
  ];
}

it("a node can only reach the mirror, cannot change the host's kernel, and leaves nothing behind", async () => {
  const machine = await RealMachine.create({ debian: 'trixie' });
  const id = (await machine.read('hostname')).trim();
  try {
    const interfaces = (await machine.read('ip', '-o', 'link')).trim().split('\n');
    expect(interfaces).toHaveLength(1);
    expect(interfaces[0]).toContain('lo:');
    expect((await machine.exec(['sh', '-c', 'echo 1 >/proc/sys/kernel/panic'])).stderr).toContain('Read-only');
    expect((await machine.read('cat', '/proc/1/comm')).trim()).toBe('systemd');
    expect(tracesOf(id)).not.toEqual([]);
  } finally {
    await machine.destroy();
  }
  expect(tracesOf(id)).toEqual([]);
});

it('the boot files change with a boot, and what a node wrote stays', async () => {
  const machine = await RealMachine.create({ debian: 'trixie' });
  try {
    const boot = await machine.read('cat', '/proc/sys/kernel/random/boot_id');
    await machine.write('/etc/kept', 'kept');
    await machine.write('/run/lost', 'lost');
    await machine.reboot();
    expect(await machine.read('cat', '/proc/sys/kernel/random/boot_id')).not.toBe(boot);
    expect(await machine.read('cat', '/etc/kept')).toBe('kept');
    expect((await machine.exec(['test', '-e', '/run/lost'])).exitCode).toBe(1);
  } finally {
    await machine.destroy();
  }
});

it('a node dies with the process that created it, and the next node removes what it left', async () => {
  const module = fileURLToPath(new URL('../../packages/lab/machine/real/machine.ts', import.meta.url));
  const program = `
    const { RealMachine } = await import(${JSON.stringify(module)});
    const machine = await RealMachine.create({ debian: 'trixie' });
    process.stdout.write(await machine.read('hostname'));
    setInterval(() => {}, 1_000);`;
  const maker = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const id = await new Promise<string>((resolve) => {
    maker.stdout.on('data', (chunk: Buffer) => resolve(chunk.toString('utf8').trim()));
  });
  const processes = () =>
    ['memory', 'systemd', 'unified', '.'].flatMap((hierarchy) => {
      const file = `/sys/fs/cgroup/${hierarchy}/airlock-${id}/init.scope/cgroup.procs`;
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
    });
  expect(processes()).not.toEqual([]);

  maker.kill('SIGKILL');

  await vi.waitUntil(() => processes().length === 0, { timeout: 10_000 });
  await (await RealMachine.create({ debian: 'trixie' })).destroy();
  expect(tracesOf(id)).toEqual([]);
});

it('containerd reports over the CRI which handlers it serves, if it can', async () => {
  const older = await RealMachine.create({ debian: 'trixie' });
  try {
    expect(await older.handlers()).toBeUndefined();
  } finally {
    await older.destroy();
  }
  const newer = await RealMachine.create({ debian: 'sid' });
  try {
    expect((await newer.handlers())?.map(({ name }) => name)).toEqual(['', 'runc']);
  } finally {
    await newer.destroy();
  }
});
