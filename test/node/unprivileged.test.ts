import { describe, expect, it } from 'vitest';
import type { RealMachine } from '../../packages/lab/real-machines.ts';
import { scriptOf } from '../../ssm-documents/assemble.ts';
import { readShown } from '../ssm-documents/shown.ts';
import { onNode, run, supplyOf } from './installation.ts';
import { newest, targets } from './targets.ts';

/** A user of the node without any right. */
const unprivileged = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

const secret = 'hunter2-of-the-registry';

/** A configuration with a registry password, which the bootstrap makes readable only by root. */
const configuration = {
  text: `version = 2

[plugins."io.containerd.grpc.v1.cri".registry.configs."registry.example.com".auth]
username = "puller"
password = "${secret}"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true
`,
};

/** Where an installation writes. */
const folders = ['/run/airlock', '/var/lib/airlock', '/var/log', '/etc', '/opt', '/tmp', '/usr/local'];
const path = '/etc/containerd/config.toml';
const seen = `${unprivileged.join(' ')} grep -rlsF ${secret} ${folders.join(' ')}`;

/** Runs both verbs on a node, and the user looks for the password at every boundary. */
async function leaksOf(machine: RealMachine, change: (text: string) => string): Promise<string> {
  const { document } = await supplyOf('sandboxed');
  for (const verb of ['install', 'uninstall'] as const) {
    const text = change(scriptOf(document(verb))).replace(
      /^step\(\) \{/m,
      () => `step() {\n  ${seen} >>/srv/outside/leaks || true\n  echo "$1" >>/srv/outside/looks\n `,
    );
    const ended = await machine.run({ text, environment: { SSM_Version: '20260928.0' }, timeoutSeconds: 200 });
    expect(readShown(ended)).toMatchObject({ ok: true, result: { outcome: `${verb}ed` } });
    expect(await machine.read('stat', '-c', '%a %U', path)).toBe('600 root\n');
  }
  expect((await machine.read('cat', '/srv/outside/looks')).split('\n').length).toBeGreaterThan(10);
  return machine.read('cat', '/srv/outside/leaks');
}

describe('another user of the node', () => {
  it.each(targets)('$name: cannot read a registry password anywhere, at any boundary or afterwards', async (target) => {
    await onNode(target, { configuration }, async (machine) => {
      await machine.read('chmod', '600', path);

      expect(await leaksOf(machine, (text) => text)).toBe('');

      expect((await machine.exec(['sh', '-c', seen])).stdout).toBe('');
      // Root finds it in its own file, and in no copy.
      expect((await machine.exec(['grep', '-rlsF', secret, ...folders])).stdout).toBe(`${path}\n`);
    });
  });

  it("can read it if a run's work is not readable only by root", async () => {
    await onNode(newest, { configuration }, async (machine) => {
      await machine.read('chmod', '600', path);

      const leaks = await leaksOf(machine, (text) =>
        text.replace(/^umask 077$/m, 'umask 022').replace(/^chmod 700 .*$/m, ''),
      );

      expect(leaks).toContain('/run/airlock/work/');
    });
  });

  it("can neither hold the lock nor see a run's files", async () => {
    await onNode(newest, {}, async (machine) => {
      await run(machine, 'prove');

      const held = await machine.exec([...unprivileged, 'flock', '-n', '/run/airlock/lock', 'true']);

      expect(held.stderr).toContain('Permission denied');
      expect(await machine.read('stat', '-c', '%a %U', '/run/airlock')).toBe('700 root\n');
      expect((await machine.exec(['test', '-e', '/run/airlock/work'])).exitCode).not.toBe(0);
    });
  });

  it('cannot have a file written through a link in place of the log', async () => {
    await onNode(newest, {}, async (machine) => {
      await machine.write('/etc/victim', 'as before\n');
      await machine.read('ln', '-s', '/etc/victim', '/var/log/airlock.log');

      expect(await run(machine)).toMatchObject({ outcome: 'installed' });

      expect(await machine.read('cat', '/etc/victim')).toBe('as before\n');
    });
  });

  it('cannot keep a runtime on the node with a process named like its shim', async () => {
    await onNode(newest, {}, async (machine) => {
      expect(await run(machine, 'install', { runtime: 'kata' })).toMatchObject({ outcome: 'installed' });
      const shim = '/opt/kata/runtime-rs/bin/containerd-shim-kata-v2';
      const called = (...before: readonly string[]) =>
        machine.exec([...before, 'bash', '-c', `(exec -a ${shim} sleep 600) >/dev/null 2>&1 & echo $!`]);
      // Root in its own container is root to the node, and may have a file with this name.
      const other = `mount -t tmpfs tmpfs /opt && mkdir -p ${shim.replace(/\/[^/]*$/, '')} && cp /usr/bin/sleep ${shim} && { ${shim} 600 >/dev/null 2>&1 & echo $!; }`;
      const pids = [
        (await called(...unprivileged)).stdout,
        (await called()).stdout,
        await machine.read('unshare', '--mount', 'bash', '-c', other),
      ].map((pid) => pid.trim());
      // It runs our own program, but it is not a container's shim.
      const own = await machine.exec([
        ...unprivileged,
        'bash',
        '-c',
        `(exec -a ${shim} /opt/kata/runtime-rs/bin/containerd-shim-perl -e 'sleep 600') >/dev/null 2>&1 & echo $!`,
      ]);
      pids.push(own.stdout.trim());
      for (const pid of pids) expect(pid).toMatch(/^\d+$/);

      expect(await run(machine, 'uninstall', { runtime: 'kata' })).toMatchObject({ outcome: 'uninstalled' });

      for (const pid of pids) await machine.read('kill', pid);
    });
  });
});
