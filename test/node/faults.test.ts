import { describe, expect, test } from 'vitest';
import { expectAsBefore, expectInstalled, onNode, run, snapshot, supplyOf } from './installation.ts';
import { newest, targets } from './targets.ts';

/** Takes the place of containerd's binary: the daemon itself behaves as told once our handler is in its configuration. */
const daemonThat = (does: string) => ({
  '/usr/local/sbin/replace-containerd': `#!/bin/sh
set -eu
mv /usr/bin/containerd /usr/bin/containerd-itself
cat >/usr/bin/containerd <<'END'
#!/bin/sh
if [ $# = 0 ] && grep -q 'airlock:begin' /etc/containerd/config.toml; then
  ${does}
fi
exec /usr/bin/containerd-itself "$@"
END
chmod 755 /usr/bin/containerd
`,
});

const withoutCri = `{ echo 'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"]'; cat /etc/containerd/config.toml; } >/run/without-cri.toml
  exec /usr/bin/containerd-itself -c /run/without-cri.toml`;

// How these end depends on the containerd.
describe.each(targets)('$name', (target) => {
  test('a container that is not in gVisor fails the proof, and the old configuration is back byte for byte', async () => {
    await onNode(target, { kind: 'plain-runc' }, async (machine) => {
      const before = await snapshot(machine);
      const configuration = await machine.configuration();

      const result = await run(machine, 'install', { kind: 'plain-runc' });

      expect(result).toMatchObject({ outcome: 'proof-failed', config: 'restored', restarts: 2 });
      expect(result.detail).toContain("the host's own kernel");
      expectAsBefore(await snapshot(machine), before);
      expect(await machine.configuration()).toBe(configuration);
      expect((await machine.exec(['sh', '-c', 'command -v runsc containerd-shim-runsc-v1'])).stdout).toBe('');
    });
  });

  test('a handler that was bent to plain runc after the installation is not proven', async () => {
    await onNode(target, {}, async (machine) => {
      expect(await run(machine)).toMatchObject({ outcome: 'installed' });
      await machine.read(
        'sed',
        '-i',
        's/io\\.containerd\\.runsc\\.v1"/io.containerd.runc.v2"/',
        '/etc/containerd/config.toml',
      );

      const result = await run(machine, 'prove');

      expect(result).toMatchObject({ outcome: 'proof-failed', config: 'untouched', restarts: 0 });
    });
  });

  test('a containerd that does not come back with our handler gets its old configuration and comes back', async () => {
    await onNode(target, { files: daemonThat('exit 1') }, async (machine) => {
      await machine.read('replace-containerd');
      const before = await snapshot(machine);
      const configuration = await machine.configuration();

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'containerd-did-not-return', config: 'restored', restarts: 2 });
      expectAsBefore(await snapshot(machine), before);
      expect(await machine.configuration()).toBe(configuration);
    });
  });
});

// And that of these does not.
describe(newest.name, () => {
  test('a damaged archive is not used, and nothing is linked, changed or restarted', async () => {
    await onNode(newest, { download: { fault: 'corrupt', once: false } }, async (machine) => {
      const before = await snapshot(machine);

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'checksum-mismatch', config: 'untouched', restarts: 0 });
      const after = await snapshot(machine);
      expectAsBefore(after, before);
      expect(after.daemon).toEqual(before.daemon);
      expect([...after.files.keys()].filter((path) => !before.files.has(path))).not.toContainEqual(
        expect.stringMatching(/^\/(opt|usr)\//),
      );
    });
  });

  test('a mirror that has no such release ends the run at once', async () => {
    await onNode(newest, { download: { fault: 'not-found', once: false } }, async (machine) => {
      const before = await snapshot(machine);

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'download-failed', config: 'untouched', restarts: 0 });
      expect(result.detail).toContain('404');
      expect((await snapshot(machine)).daemon).toEqual(before.daemon);
      expectAsBefore(await snapshot(machine), before);
    });
  });

  test.each([
    ['answers 500 once', 'server-error'],
    ['cuts the download half way', 'cut'],
  ] as const)('a mirror that %s and then recovers does not keep the node from it', async (_, fault) => {
    await onNode(newest, { download: { fault, once: true } }, async (machine) => {
      const before = await snapshot(machine);

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'installed', restarts: 1 });
      expectInstalled(await snapshot(machine), before);
    });
  });

  test('a release that does not sandbox is found out before anything is linked', async () => {
    await onNode(newest, { kind: 'plain-runsc' }, async (machine) => {
      const before = await snapshot(machine);

      const result = await run(machine, 'install', { kind: 'plain-runsc' });

      expect(result).toMatchObject({ outcome: 'proof-failed', config: 'untouched', restarts: 0 });
      const after = await snapshot(machine);
      expectAsBefore(after, before);
      expect(after.daemon).toEqual(before.daemon);
    });
  });

  test('an archive without its shim is refused', async () => {
    await onNode(newest, { kind: 'without-shim' }, async (machine) => {
      const before = await snapshot(machine);

      const result = await run(machine, 'install', { kind: 'without-shim' });

      expect(result).toMatchObject({ outcome: 'install-failed', config: 'untouched', restarts: 0 });
      expect(result.detail).toContain('containerd-shim-runsc-v1');
      expectAsBefore(await snapshot(machine), before);
    });
  });

  test('a containerd that comes back without CRI gets its old configuration back', async () => {
    await onNode(newest, { files: daemonThat(withoutCri) }, async (machine) => {
      await machine.read('replace-containerd');
      const before = await snapshot(machine);

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'containerd-did-not-return', config: 'restored', restarts: 2 });
      expect(result.detail).toContain('CRI');
      expectAsBefore(await snapshot(machine), before);
    });
  });

  test.each([
    ['/opt has too little room', ['mkdir -p /opt/airlock', 'mount -t tmpfs -o size=100m tmpfs /opt/airlock']],
    [
      'the disk of the download fills up',
      ['mkdir -p /var/lib/airlock', 'mount -t tmpfs -o size=4m tmpfs /var/lib/airlock'],
    ],
    [
      '/opt fills up while the archive is unpacked',
      ['mkdir -p /opt/airlock', 'mount -t tmpfs -o size=700m,nr_inodes=4 tmpfs /opt/airlock'],
    ],
  ])('%s: disk-full, and nothing is changed or restarted', async (_, commands) => {
    await onNode(newest, {}, async (machine) => {
      await machine.read('sh', '-c', commands.join(' && '));
      const before = await snapshot(machine);

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'disk-full', config: 'untouched', restarts: 0 });
      const after = await snapshot(machine);
      expectAsBefore(after, before);
      expect(after.daemon).toEqual(before.daemon);
    });
  });

  test("somebody else's runsc is left alone", async () => {
    await onNode(newest, { files: { '/usr/local/bin/runsc': '#!/bin/sh\n' } }, async (machine) => {
      const { requests } = await supplyOf('sandboxed');
      const before = await snapshot(machine);
      const asked = requests();

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'foreign-installer', config: 'untouched', restarts: 0 });
      expect(await snapshot(machine)).toEqual(before);
      expect(requests()).toBe(asked);
    });
  });
});
