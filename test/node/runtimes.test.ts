import { describe, expect, it } from 'vitest';
import type { OutcomeCode } from '../../domain/outcomes.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import type { RealMachine } from '../../packages/lab/real-machines.ts';
import {
  expectAsBefore,
  expectInstalled,
  onNode,
  otherSysbox,
  run,
  type Snapshot,
  snapshot,
  supplyOf,
} from './installation.ts';
import { newest, targets } from './targets.ts';

/** What is special about a runtime on a real node. */
interface Case {
  readonly runtime: Runtime;
  readonly handler: string;
  /** What the proof reads inside a container of the handler. */
  readonly evidence: RegExp;
  /** Redirects the installed handler to plain runc, as an edit of containerd's configuration. */
  readonly bend: string;
  /** How the proof detects a plain runc container. */
  readonly foundOut: string;
  /** How `ctr` starts a container as the handler does. */
  readonly start: readonly string[];
  /** A version that is not installed while a sandbox of another one runs, and why: such a node gives way. */
  readonly other?: { readonly version: string; readonly outcome: OutcomeCode };
}

const cases: readonly Case[] = [
  {
    runtime: 'gvisor',
    handler: 'runsc',
    evidence: /^Starting gVisor, kernel /,
    bend: 's/io\\.containerd\\.runsc\\.v1"/io.containerd.runc.v2"/',
    foundOut: "the host's own kernel",
    start: ['--runtime', 'io.containerd.runsc.v1'],
  },
  {
    runtime: 'kata',
    handler: 'kata-qemu',
    evidence: /^its own guest, boot id [0-9a-f-]{36}/,
    bend: '/^  runtime_path/d; /ConfigPath = .*kata/d; s/io\\.containerd\\.kata-qemu\\.v2"/io.containerd.runc.v2"/',
    foundOut: "is the host's",
    start: ['--runtime', '/opt/kata/runtime-rs/bin/containerd-shim-kata-v2'],
    other: { version: '4.1.0', outcome: 'runtime-in-use' },
  },
  {
    runtime: 'sysbox',
    handler: 'sysbox-runc',
    evidence: /^root inside is user 231072 outside, of 65536/,
    bend: 's#/usr/bin/sysbox-runc#/usr/bin/runc#',
    foundOut: 'is not in its own user namespace',
    start: ['--runc-binary', '/usr/bin/sysbox-runc'],
    // Upstream supports no upgrade in place, whether a container runs or not.
    other: { version: otherSysbox, outcome: 'host-unsupported' },
  },
];

/** The files that apt and dpkg keep for themselves, and the copies that passwd makes of its files. */
const notes = /^\/var\/(lib\/(dpkg|apt)|cache\/(apt|debconf))\/|^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/;

/** A node's files and their content, without those; a file that was only copied has not changed. */
async function filesOf(machine: RealMachine, { files }: Snapshot, before?: Snapshot): Promise<readonly string[]> {
  const accounts = await machine.read('cat', '/etc/passwd', '/etc/group');
  const copied = (path: string) => /^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)$/.test(path);
  const known = before === undefined ? files : new Map([...files].filter(([path]) => !copied(path)));
  return [...known]
    .filter(([path]) => !notes.test(path))
    .map(([path, hash]) => `${path} ${hash}`)
    .concat(accounts);
}

/** Starts a container of a runtime in the namespace of Kubernetes, as a pod's would be. */
async function startSandbox(machine: RealMachine, { start }: Case): Promise<void> {
  const words = ['-d', ...start, '--rootfs', '/opt/containers/bystander', 'sandboxed'];
  await machine.read('ctr', '-n', 'k8s.io', 'run', ...words, '/bin/busybox', 'sleep', '1000000');
}

async function endSandbox(machine: RealMachine): Promise<void> {
  await machine.read('ctr', '-n', 'k8s.io', 'task', 'rm', '--force', 'sandboxed');
  await machine.read('ctr', '-n', 'k8s.io', 'container', 'rm', 'sandboxed');
  // A shim runs for a moment after its container has ended.
  await machine.read('sh', '-c', "while grep -qz '[s]andboxed' /proc/[0-9]*/cmdline; do sleep 0.05; done 2>/dev/null");
}

describe.each(cases)('$runtime', (entry) => {
  const { runtime, handler, evidence, bend, foundOut, other } = entry;
  const asked = { runtime };
  // containerd gives pods user namespaces from 2.0 on.
  const daemons = targets.filter(({ series }) => runtime !== 'sysbox' || series === '2.x');

  it.each(daemons)('$name: installed, proven, detected when redirected, and removed byte for byte', async (target) => {
    await onNode(target, {}, async (machine) => {
      const { requests } = await supplyOf('sandboxed');
      const before = await snapshot(machine);
      const files = await filesOf(machine, before);
      const configuration = await machine.configuration();

      const result = await run(machine, 'install', asked);
      const after = await snapshot(machine);
      const downloads = requests();

      expect(result).toMatchObject({
        runtime,
        outcome: 'installed',
        handler,
        config: 'edited',
        restarts: 1,
        detail: '',
      });
      expect(result.evidence).toMatch(evidence);
      expectInstalled(after, before, [handler]);

      expect(await run(machine, 'install', asked)).toMatchObject({ outcome: 'already-installed', restarts: 0 });
      expect(await run(machine, 'prove', asked)).toMatchObject({ outcome: 'proven', restarts: 0 });
      expect(requests()).toBe(downloads);
      expect(await snapshot(machine)).toEqual(after);

      await machine.read('cp', '/etc/containerd/config.toml', '/run/installed.toml');
      await machine.read('sed', '-i', bend, '/etc/containerd/config.toml');
      const bent = await run(machine, 'prove', asked);
      expect(bent).toMatchObject({ outcome: 'proof-failed', config: 'untouched', restarts: 0 });
      expect(bent.detail).toContain(foundOut);
      await machine.read('cp', '/run/installed.toml', '/etc/containerd/config.toml');

      await startSandbox(machine, entry);
      const used = await run(machine, 'uninstall', asked);
      expect(used).toMatchObject({ outcome: 'runtime-in-use', config: 'untouched', restarts: 0 });
      if (other !== undefined) {
        const running = await machine.containers();
        const refused = await run(machine, 'install', { ...asked, version: other.version });
        expect(refused).toMatchObject({ outcome: other.outcome, config: 'untouched', restarts: 0 });
        expect(await machine.containers()).toEqual(running);
        expect(running['sandboxed']).toBeDefined();
      }
      await endSandbox(machine);

      expect(await run(machine, 'uninstall', asked)).toMatchObject({ outcome: 'uninstalled', restarts: 1 });
      const gone = await snapshot(machine);
      expectAsBefore(gone, before);
      expect(await machine.configuration()).toBe(configuration);
      expect(await filesOf(machine, gone, before)).toEqual(files);
    });
  });

  it('a version whose containers run under plain runc fails the proof, and the node is as before', async () => {
    await onNode(newest, { kind: 'plain-runc' }, async (machine) => {
      const before = await snapshot(machine);

      const result = await run(machine, 'install', { ...asked, kind: 'plain-runc' });

      expect(result).toMatchObject({ outcome: 'proof-failed' });
      expect(result.detail).toContain(foundOut);
      expectAsBefore(await snapshot(machine), before);
      expect(await machine.handlers()).not.toContainEqual(expect.objectContaining({ name: handler }));
    });
  });
});

it.each([
  ['off', /virtualization/],
  ['no-device', /^\/dev\/kvm does not exist/],
] as const)('Kata without /dev/kvm (%s) is refused, and nothing is downloaded', async (virtualization, detail) => {
  await onNode(newest, { virtualization }, async (machine) => {
    const { requests } = await supplyOf('sandboxed');
    const before = await snapshot(machine);
    const downloads = requests();

    const result = await run(machine, 'install', { runtime: 'kata' });

    expect(result).toMatchObject({ outcome: 'kvm-missing', config: 'untouched', restarts: 0 });
    expect(result.detail).toMatch(detail);
    expect(await snapshot(machine)).toEqual(before);
    expect(requests()).toBe(downloads);
  });
});

describe('another version', () => {
  it('of gVisor is installed without a restart, and a sandbox of the earlier one keeps running', async () => {
    await onNode(newest, {}, async (machine) => {
      const [sandboxed] = cases;
      await run(machine, 'install', { version: '20260921.0' });
      if (sandboxed !== undefined) await startSandbox(machine, sandboxed);
      const before = await snapshot(machine);

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'installed', version: '20260928.0', config: 'untouched', restarts: 0 });
      expect(result.sandboxes).toEqual({ '20260921.0': 1 });
      const after = await snapshot(machine);
      expect(after.daemon).toEqual(before.daemon);
      expect(after.containers).toEqual(before.containers);
      expect(Object.keys(after.containers)).toContain('sandboxed');
      expect((await machine.read('runsc', '--version')).trim()).toContain('release-20260928.0');
      expect(await run(machine, 'prove')).toMatchObject({ outcome: 'proven', sandboxes: { '20260921.0': 1 } });
      expect(await run(machine, 'inventory')).toMatchObject({
        outcome: 'inventoried',
        version: '20260928.0',
        sandboxes: { '20260921.0': 1 },
      });
      expect((await snapshot(machine)).containers).toEqual(after.containers);
      await endSandbox(machine);
      expect(await run(machine, 'inventory')).not.toHaveProperty('sandboxes');
      expect(await run(machine, 'prove')).not.toHaveProperty('sandboxes');
      if (sandboxed !== undefined) await startSandbox(machine, sandboxed);
      expect(await run(machine)).toMatchObject({ outcome: 'already-installed', sandboxes: { '20260928.0': 1 } });
      await endSandbox(machine);
    });
  });

  it('of Kata is installed without a restart, and not while a guest uses it', async () => {
    await onNode(newest, {}, async (machine) => {
      const [, guest] = cases;
      await run(machine, 'install', { runtime: 'kata', version: '4.1.0' });
      if (guest !== undefined) await startSandbox(machine, guest);
      const before = await snapshot(machine);

      expect(await run(machine, 'install', { runtime: 'kata' })).toMatchObject({ outcome: 'runtime-in-use' });
      expect(await snapshot(machine)).toEqual(before);
      await endSandbox(machine);
      const result = await run(machine, 'install', { runtime: 'kata' });

      expect(result).toMatchObject({ outcome: 'installed', version: '4.2.0', config: 'untouched', restarts: 0 });
      expect((await snapshot(machine)).daemon).toEqual(before.daemon);
    });
  });
});

it.each([
  ['gvisor', 'kata'],
  ['kata', 'gvisor'],
  ['sysbox', 'gvisor'],
] as const)('%s and then %s run on one node, and each is removed without the other', async (...both) => {
  await onNode(newest, {}, async (machine) => {
    const before = await snapshot(machine);
    const configuration = await machine.configuration();
    const handlers = both.map((runtime) => cases.find((entry) => entry.runtime === runtime)?.handler ?? '');

    for (const runtime of both) {
      expect(await run(machine, 'install', { runtime })).toMatchObject({ outcome: 'installed', restarts: 1 });
    }

    expectInstalled(await snapshot(machine), before, handlers);
    for (const runtime of both) expect(await run(machine, 'prove', { runtime })).toMatchObject({ outcome: 'proven' });
    const [first, second] = both;
    expect(await run(machine, 'uninstall', { runtime: first })).toMatchObject({ outcome: 'uninstalled' });
    expectInstalled(await snapshot(machine), before, handlers.slice(1));
    expect(await run(machine, 'prove', { runtime: second })).toMatchObject({ outcome: 'proven' });
    expect(await run(machine, 'uninstall', { runtime: second })).toMatchObject({ outcome: 'uninstalled' });
    expectAsBefore(await snapshot(machine), before);
    expect(await machine.configuration()).toBe(configuration);
  });
});
