import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { killAt, nodes, run, runChanged } from './node.ts';

const node = nodes();

// `download`, `unpacked`, `proven offline`, … `journal closed`: as many as an undisturbed run logs.
const boundaries = 14;

/** The number of boundaries logged by a run whose proof fails and that undoes everything. */
const boundariesWithUndo = 18;

describe('a run that is killed', () => {
  it('has as many boundaries as these tests try', async () => {
    const good = await run(await node.create());
    const bad = await run(await node.create({ faults: ['not-sandboxed'] }));

    expect(good.stderr.match(/step: /g)).toHaveLength(boundaries);
    expect(bad.stderr.match(/step: /g)).toHaveLength(boundariesWithUndo);
  });

  it.each(Array.from({ length: boundaries }, (_, i) => i + 1))(
    'at boundary %i is completed by the next',
    async (number) => {
      const machine = await node.create();
      const before = readFileSync(machine.tree + machine.config);

      const killed = await runChanged(machine, killAt(number));
      const { result } = await run(machine);

      expect(killed.exitCode).toBe(137);
      expect(killed.stdout).toBe('');
      expect(['installed', 'already-installed']).toContain(result.outcome);
      expect(result.restarts).toBeLessThanOrEqual(1);
      expect(machine.running()).toEqual({ handlers: ['runc', 'runsc'], cri: 'ok' });
      expect(readFileSync(machine.tree + machine.config).subarray(0, before.length)).toEqual(before);
      expect(readFileSync(machine.tree + machine.config, 'utf8').match(/airlock:begin/g)).toHaveLength(1);
      expect(readdirSync(`${machine.tree}/var/lib/airlock`)).toEqual([]);
      expect(readdirSync(`${machine.tree}/etc/containerd`).sort()).toEqual(['config.toml', 'runsc.toml']);
      expect(readdirSync(`${machine.tree}/opt/airlock/gvisor`).sort()).toEqual(['20260928.0', 'current']);
    },
  );

  // From the journal's line before the change on, without boundaries at which nothing has changed since the last one.
  it.each([9, 10, 11, 13, 14, 15, 16, 17])(
    'at boundary %i on a node whose proof fails is undone by the next',
    async (number) => {
      const machine = await node.create({ faults: ['not-sandboxed'] });
      const before = readFileSync(machine.tree + machine.config);

      await runChanged(machine, killAt(number));
      const { result } = await run(machine);

      expect(result).toMatchObject({ outcome: 'proof-failed', config: 'restored' });
      expect(readFileSync(machine.tree + machine.config)).toEqual(before);
      expect(machine.running()).toEqual({ handlers: ['runc'], cri: 'ok' });
      expect(existsSync(`${machine.tree}/usr/local/bin/runsc`)).toBe(false);
      expect(existsSync(`${machine.tree}/etc/containerd/runsc.toml`)).toBe(false);
    },
  );

  it('after it broke containerd has containerd repaired before anything else', async () => {
    const machine = await node.create({ faults: ['containerd-does-not-return'] });
    const before = readFileSync(machine.tree + machine.config);
    // Dies in the middle of its undo: the configuration is still the one with which containerd does not start.
    await runChanged(machine, (text) =>
      text.replace(/^restore_config\(\) \{$/m, () => 'restore_config() {\n  kill -KILL $$\n'),
    );
    expect(machine.running().handlers).toEqual([]);

    const { result } = await run(machine);

    expect(result).toMatchObject({ outcome: 'containerd-restart-failed', config: 'restored' });
    expect(machine.running()).toEqual({ handlers: ['runc'], cri: 'ok' });
    expect(readFileSync(machine.tree + machine.config)).toEqual(before);
  });

  it('does not overwrite a configuration that bootstrap has written since', async () => {
    const machine = await node.create();
    await runChanged(machine, (text) =>
      text.replace(/^restart_containerd\(\) \{$/m, () => 'restart_containerd() {\n  kill -KILL $$\n'),
    );
    await machine.run({
      text: "ROOT=''\nprintf 'version = 2\\noom_score = -500\\n' >\"$ROOT/etc/containerd/config.toml\"",
      environment: {},
      timeoutSeconds: 5,
    });

    const { result } = await run(machine);

    expect(result.outcome).toBe('installed');
    expect(readFileSync(machine.tree + machine.config, 'utf8')).toMatch(
      /^version = 2\noom_score = -500\n# airlock:begin/,
    );
  });

  it.each(['gvisor', 'kata', 'sysbox'] as const)(
    'by a reboot while it installs %s is completed by the next',
    async (runtime) => {
      const machine = await node.create();
      await runChanged(
        machine,
        (text) => text.replace(/^restart_containerd\(\) \{$/m, () => 'restart_containerd() {\n  kill -KILL $$\n'),
        'install',
        { runtime },
      );
      // containerd already reads the new configuration at boot.
      machine.reboot();

      const { result, stderr } = await run(machine, 'install', { runtime });

      expect(result, stderr).toMatchObject({ outcome: 'installed', restarts: 1 });
      expect((await run(machine, 'install', { runtime })).result.outcome).toBe('already-installed');
    },
  );

  it('leaves no proof that is accepted', async () => {
    const machine = await node.create();
    await runChanged(machine, killAt(10));

    const { result } = await run(machine, 'prove');

    expect(result).toMatchObject({ outcome: 'proof-failed', config: 'untouched', restarts: 0 });
    expect(result.detail).toContain('did not end');
  });
});
