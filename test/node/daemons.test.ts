import { describe, expect, it } from 'vitest';
import type { RealMachine } from '../../packages/lab/real-machines.ts';
import { expectAsBefore, onNode, run, snapshot } from './installation.ts';
import { newest, targets } from './targets.ts';

const plain = `version = 2
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
`;

/** A file that the daemon reads although nothing else names it. */
const other = '/etc/containerd/cri.toml';

const unit = (...lines: readonly string[]) => `[Service]\nExecStart=\n${lines.join('\n')}\n`;
const dropIn = '/etc/systemd/system/containerd.service.d/10-options.conf';

/** How a unit can point the daemon to {@link other}. */
const ways: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a variable of an EnvironmentFile': {
    '/etc/default/containerd': `CONTAINERD_OPTS=--config ${other}\n`,
    [dropIn]: unit('EnvironmentFile=-/etc/default/containerd', 'ExecStart=/usr/bin/containerd $CONTAINERD_OPTS'),
  },
  'a variable in braces': {
    [dropIn]: unit(`Environment=CONFIG=${other}`, `ExecStart=/usr/bin/containerd -c \${CONFIG}`),
  },
  'one word with an equals sign': { [dropIn]: unit(`ExecStart=/usr/bin/containerd --config=${other}`) },
  'a script that becomes the daemon': {
    '/usr/local/sbin/start-containerd': `#!/bin/sh\nexec /usr/bin/containerd -l info -c ${other}\n`,
    [dropIn]: unit('ExecStart=/usr/local/sbin/start-containerd'),
  },
};

describe.each(targets)('$name: the installation uses the file that the daemon reads', (target) => {
  // systemd decides how a unit names the file; each containerd is tested once.
  it.each(Object.entries(ways).slice(0, target === newest ? undefined : 1))('by %s', async (_, files) => {
    const configuration = { text: plain, files: { [other]: `${plain}[metrics]\naddress = "127.0.0.1:1338"\n` } };
    await onNode(target, { configuration, files }, async (machine) => {
      const before = await machine.configuration();

      expect(await run(machine)).toMatchObject({ outcome: 'installed', restarts: 1 });

      expect(await machine.configuration()).toBe(before);
      expect(await machine.read('cat', other)).toContain('# airlock:begin gvisor');
      expect(await run(machine)).toMatchObject({ outcome: 'already-installed', restarts: 0 });
      expect(await run(machine, 'prove')).toMatchObject({ outcome: 'proven' });
      expect(await run(machine, 'uninstall')).toMatchObject({ outcome: 'uninstalled', restarts: 1 });
      expect(await machine.read('cat', other)).not.toContain('runsc');
      expect(await machine.read('find', '/', '-xdev', '-name', '*$*', '-not', '-path', '/proc/*')).not.toMatch(
        /CONFIG|OPTS/,
      );
    });
  });

  it('its socket is the one that it serves, wherever that is', async () => {
    const text = `version = 2\n[grpc]\naddress = "/run/foo/foo.sock"\n${plain.replace('version = 2\n', '')}`;
    await onNode(target, { configuration: { text }, idle: true }, async (machine) => {
      expect(await run(machine)).toMatchObject({ outcome: 'installed', restarts: 1 });
      expect(await run(machine, 'prove')).toMatchObject({ outcome: 'proven' });
      expect(await run(machine, 'uninstall')).toMatchObject({ outcome: 'uninstalled' });
      expect(await machine.configuration()).toBe(text);
    });
  });
});

/** Runs an installation that must be refused before any change. */
async function refused(machine: RealMachine) {
  const before = await snapshot(machine);
  const result = await run(machine);
  expect(result).toMatchObject({ config: 'untouched', restarts: 0 });
  expectAsBefore(await snapshot(machine), before);
  return result;
}

/** A process on the host that looks like a kubelet. */
async function startKubelet(machine: RealMachine, name: string, ...words: readonly string[]): Promise<void> {
  await machine.read('cp', '/bin/sleep', `/usr/local/bin/${name}`);
  const command = ['/usr/local/bin/wrapped', '1000000', ...words].join("' '");
  await machine.write('/usr/local/bin/wrapped', '#!/bin/sh\n');
  await machine.read(
    'systemd-run',
    '--unit',
    'node-agent',
    'bash',
    '-c',
    `exec -a ${name} sleep 1000000 & exec -a /usr/bin/${name} bash -c 'sleep 1000000; true' '${command}'`,
  );
}

describe("the kubelet's daemon is the one that counts", () => {
  const cases: readonly (readonly [string, string, readonly string[], Readonly<Record<string, string>>, string])[] = [
    [
      'by its flag',
      'kubelet',
      ['--container-runtime-endpoint=unix:///run/k3s/containerd/containerd.sock'],
      {},
      '/run/k3s/containerd/containerd.sock',
    ],
    [
      'by its configuration in JSON',
      'kubelet',
      ['--config', '/etc/kubelet.json'],
      {
        '/etc/kubelet.json':
          '{"kind":"KubeletConfiguration","containerRuntimeEndpoint":"unix:///run/other.sock","port":1}\n',
      },
      '/run/other.sock',
    ],
    [
      'by a file of its folder in YAML',
      'kubelet',
      ['--config=/etc/kubelet.yaml', '--config-dir=/etc/kubelet.d'],
      {
        '/etc/kubelet.yaml': 'containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n',
        '/etc/kubelet.d/10.conf':
          '# containerRuntimeEndpoint: no\ncontainerRuntimeEndpoint: "unix:///run/later.sock"\n',
      },
      '/run/later.sock',
    ],
    ['because k3s embeds both', 'k3s', ['agent'], {}, '/run/k3s/containerd/containerd.sock'],
  ];

  it.each(cases)('%s: refused if it is not that of containerd.service', async (_, name, words, files, socket) => {
    await onNode(newest, { files }, async (machine) => {
      await startKubelet(machine, name, ...words);

      const { outcome, detail } = await refused(machine);

      expect(outcome).toBe('config-rejected');
      expect(detail).toContain(`the kubelet uses ${socket}`);
      expect(detail).toContain('/run/containerd/containerd.sock');
    });
  });

  it('a kubelet that names the same socket by another path changes nothing', async () => {
    await onNode(newest, {}, async (machine) => {
      await startKubelet(
        machine,
        'kubelet',
        '--container-runtime-endpoint',
        'unix:///var/run/containerd/containerd.sock',
      );
      expect(await run(machine)).toMatchObject({ outcome: 'installed' });
    });
  });

  it('a process of a pod that is called kubelet decides nothing', async () => {
    await onNode(newest, {}, async (machine) => {
      await machine.read(
        'systemd-run',
        '--slice',
        'kubepods',
        'bash',
        '-c',
        "exec -a kubelet bash -c 'sleep 1000000; true' --container-runtime-endpoint=unix:///run/evil.sock",
      );
      expect(await run(machine)).toMatchObject({ outcome: 'installed' });
    });
  });
});

describe('refused, and the reason names it', () => {
  it.each(targets)('$name: no ctr on the node', async (target) => {
    await onNode(target, { idle: true }, async (machine) => {
      await machine.read('mv', '/usr/bin/ctr', '/usr/bin/ctr.away');
      const result = await run(machine);
      expect(result).toMatchObject({ outcome: 'tool-missing', config: 'untouched', restarts: 0 });
      expect(result.detail).toMatch(/^ctr, /);
    });
  });

  it('a socket that does not answer', async () => {
    await onNode(newest, { idle: true }, async (machine) => {
      await machine.read('rm', '/run/containerd/containerd.sock');
      const result = await run(machine);
      expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
      expect(result.detail).toContain('/run/containerd/containerd.sock');
    });
  });

  it('a unit that would start something else than what runs', async () => {
    await onNode(newest, {}, async (machine) => {
      await machine.write(dropIn, unit(`ExecStart=/usr/bin/containerd --config ${other}`));
      await machine.write(other, plain);
      await machine.read('systemctl', 'daemon-reload');

      const { outcome, detail } = await refused(machine);

      expect(outcome).toBe('config-rejected');
      expect(detail).toContain(`would start '/usr/bin/containerd --config ${other}'`);
    });
  });

  it('a variable of the unit that changed since', async () => {
    const files = {
      '/etc/default/containerd': 'CONTAINERD_OPTS=\n',
      [dropIn]: unit('EnvironmentFile=-/etc/default/containerd', 'ExecStart=/usr/bin/containerd $CONTAINERD_OPTS'),
    };
    await onNode(newest, { files }, async (machine) => {
      await machine.write('/etc/default/containerd', `CONTAINERD_OPTS=--config ${other}\n`);
      const { outcome, detail } = await refused(machine);
      expect(outcome).toBe('config-rejected');
      expect(detail).toContain('/etc/default/containerd');
    });
  });

  it('a path that holds a dollar sign', async () => {
    const dollar = '/etc/containerd/$NAME.toml';
    // systemd reads two of them as one.
    const files = {
      [dropIn]: unit(`ExecStart=/usr/bin/containerd --config ${dollar.replace('$', () => '$$')}`),
      [dollar]: plain,
    };
    await onNode(newest, { files }, async (machine) => {
      const { outcome, detail } = await refused(machine);
      expect(outcome).toBe('config-rejected');
      expect(detail).toContain(dollar);
    });
  });
});
