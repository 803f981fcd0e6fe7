import { describe, expect, it } from 'vitest';
import type { OwnConfiguration } from '../../packages/lab/real-machines.ts';
import { expectAsBefore, expectInstalled, onNode, run, snapshot, supplyOf } from './installation.ts';
import { newest, targets } from './targets.ts';

const runc = `[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true
`;
const site = '/etc/containerd/fleet/site.toml';
const metrics = 'version = 2\n[metrics]\naddress = "127.0.0.1:1338"\n';

/** A change to a node after containerd has started, with which the next start would fail. */
interface Trap {
  readonly name: string;
  readonly configuration: OwnConfiguration;
  readonly change: string;
  /** What the refusal must name. */
  readonly named: readonly string[];
}

const imports = `version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n${runc}`;

const traps: readonly Trap[] = [
  {
    name: 'an import of an import is gone',
    configuration: {
      text: imports,
      files: { '/etc/containerd/conf.d/10-base.toml': `version = 2\nimports = ["${site}"]\n`, [site]: metrics },
    },
    change: `rm ${site}`,
    named: [site, 'no such file'],
  },
  {
    name: 'an import of an import by a path that is relative to it is gone',
    configuration: {
      text: imports,
      files: {
        '/etc/containerd/conf.d/10-base.toml': 'version = 2\nimports = ["../fleet/site.toml"]\n',
        [site]: metrics,
      },
    },
    change: `rm ${site}`,
    named: [site, 'no such file'],
  },
  {
    name: 'a new file that a pattern matches imports what is not there',
    configuration: { text: imports },
    change: `mkdir -p /etc/containerd/conf.d; printf 'version = 2\\nimports = ["${site}"]\\n' >/etc/containerd/conf.d/20-new.toml`,
    named: [site, 'no such file'],
  },
  {
    name: 'mirrors were added beside a folder of them',
    configuration: {
      text: `version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "/etc/containerd/certs.d"\n${runc}`,
    },
    change: `printf '%s\\n' '[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]' 'endpoint = ["https://mirror.example.com"]' >>/etc/containerd/config.toml`,
    named: ['/etc/containerd/config.toml changed after containerd started', 'mirrors'],
  },
  {
    name: 'the default handler is one that is not there',
    configuration: { text: `version = 2\n${runc}` },
    change: `printf '%s\\n' '[plugins."io.containerd.grpc.v1.cri".containerd]' 'default_runtime_name = "nvidia"' >>/etc/containerd/config.toml`,
    named: ['/etc/containerd/config.toml changed after containerd started', 'nvidia'],
  },
  {
    name: 'the base specification of a handler is gone',
    configuration: {
      text: `version = 2\n${runc}[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.small]\nruntime_type = "io.containerd.runc.v2"\nbase_runtime_spec = "/opt/specs/small.json"\n`,
      files: {
        '/opt/specs/small.json':
          '{"ociVersion":"1.1.0","process":{"user":{"uid":0,"gid":0},"cwd":"/"},"root":{"path":"rootfs"},"linux":{}}\n',
      },
    },
    change: 'rm /opt/specs/small.json; touch /etc/containerd/config.toml',
    named: ['/opt/specs/small.json'],
  },
];

describe.each(targets)(
  '$name: a change with which the next start would fail is refused before any other change',
  (target) => {
    it.each(traps)('$name', async ({ configuration, change, named }) => {
      await onNode(target, { configuration }, async (machine) => {
        await machine.read('sh', '-c', change);
        const before = await snapshot(machine);
        const { requests } = await supplyOf('sandboxed');
        const asked = requests();

        const result = await run(machine);

        expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
        for (const word of named) expect(result.detail).toContain(word);
        const after = await snapshot(machine);
        expectAsBefore(after, before);
        expect(after).toEqual(before);
        expect(requests()).toBe(asked);
        // It left nothing behind.
        expect(await machine.read('sh', '-c', 'pgrep -x containerd | wc -l')).toBe('1\n');
        expect(await machine.read('cat', '/proc/mounts')).not.toContain('rehearsal');
      });
    });

    it('a change that loads becomes effective with ours, and the result states so', async () => {
      await onNode(
        target,
        { configuration: { text: imports, files: { '/etc/containerd/conf.d/10.toml': metrics } } },
        async (machine) => {
          await machine.read('sh', '-c', 'sed -i s/1338/1339/ /etc/containerd/conf.d/10.toml');
          const before = await snapshot(machine);

          const result = await run(machine);

          expect(result).toMatchObject({ outcome: 'installed', restarts: 1 });
          expect(result.sideEffects).toContain('/etc/containerd/conf.d/10.toml');
          expectInstalled(await snapshot(machine), before);
          expect((await run(machine, 'uninstall')).sideEffects).toBeUndefined();
        },
      );
    });

    it('a configuration whose sockets, addresses and snapshotter are only on the real node is tested anyway', async () => {
      const text = `version = 2
[debug]
address = "/run/containerd/debug.sock"
[ttrpc]
address = "/srv/containerd/ttrpc.sock"
[metrics]
address = "10.11.12.13:1338"
[proxy_plugins.lazy]
type = "snapshot"
address = "/run/lazy/lazy.sock"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "lazy"
${runc}`;
      const files = {
        // The node has the address; a process in its own network namespace does not.
        '/etc/systemd/system/containerd.service.d/address.conf':
          '[Service]\nExecStartPre=-/sbin/ip address add 10.11.12.13/32 dev lo\n',
      };
      await onNode(target, { configuration: { text }, files, idle: true }, async (machine) => {
        expect(await run(machine)).toMatchObject({ outcome: 'installed', restarts: 1 });
        const log = await machine.read('cat', '/var/log/airlock.log');
        expect(log).not.toContain('could not be tried out');
        expect(log).toContain('a second containerd came up');
      });
    });
  },
);

const bound = (line: string) => `[Unit]\n${line}\nAfter=containerd.service\n[Service]\nExecStart=/bin/sleep 1000000\n`;

describe('units that are bound to containerd', () => {
  it.each(['Requires', 'BindsTo', 'PartOf', 'Requisite'])(
    'by %s= restart with it, run again, and are listed in the result',
    async (word) => {
      const files = {
        '/etc/systemd/system/first.service': bound(`${word}=containerd.service`),
        '/etc/systemd/system/second.service': bound('PartOf=first.service'),
        '/etc/systemd/system/idle.service': bound(`${word}=containerd.service`),
      };
      await onNode(newest, { files }, async (machine) => {
        await machine.read('systemctl', 'start', 'first', 'second');
        const pid = await machine.read('systemctl', 'show', '-P', 'MainPID', 'first');

        const result = await run(machine);

        expect(result).toMatchObject({ outcome: 'installed', restarts: 1 });
        expect(result.sideEffects).toBe('also restarted: first.service second.service');
        expect(await machine.read('systemctl', 'is-active', 'first', 'second')).toBe('active\nactive\n');
        expect(await machine.read('systemctl', 'show', '-P', 'MainPID', 'first')).not.toBe(pid);
        expect((await run(machine)).sideEffects).toBeUndefined();
      });
    },
  );

  it('by StopPropagatedFrom= would stay down: refused', async () => {
    const files = { '/etc/systemd/system/first.service': bound('StopPropagatedFrom=containerd.service') };
    await onNode(newest, { files }, async (machine) => {
      await machine.read('systemctl', 'start', 'first');
      const before = await snapshot(machine);

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
      expect(result.detail).toContain('first.service');
      expectAsBefore(await snapshot(machine), before);
    });
  });

  it('run again after a restart that failed and was undone', async () => {
    const path = '/usr/local/sbin/containerd-with-a-fault';
    const files = {
      [path]: `#!/bin/sh\nif grep -qs airlock:begin /etc/containerd/config.toml; then exit 1; fi\nexec /usr/bin/containerd "$@"\n`,
      '/etc/systemd/system/containerd.service.d/fault.conf': `[Service]\nExecStart=\nExecStart=${path}\n`,
      '/etc/systemd/system/first.service': bound('BindsTo=containerd.service'),
    };
    await onNode(newest, { files }, async (machine) => {
      await machine.read('systemctl', 'start', 'first');

      expect(await run(machine)).toMatchObject({ outcome: 'containerd-restart-failed', config: 'restored' });

      expect(await machine.read('systemctl', 'is-active', 'containerd', 'first')).toBe('active\nactive\n');
    });
  });
});
