import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ConfigurationName, SimulatedMachine } from '../../packages/lab/machines.ts';
import { boundariesIn, filesOf, killAt, nodes, run, runChanged } from './node.ts';

const node = nodes();
const bytesOf = (machine: SimulatedMachine) => {
  const file = machine.tree + machine.config;
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
};

describe('an uninstallation of gVisor', () => {
  const shapes: readonly (readonly [ConfigurationName, '1.7.24' | '2.2.1' | '2.3.4'])[] = [
    ['eks-v2', '1.7.24'],
    ['no-newline', '2.2.1'],
    ['none', '2.2.1'],
    ['none', '1.7.24'],
    ['v4', '2.3.4'],
  ];
  it.each(shapes)(
    'leaves %s on containerd %s byte for byte, and no file except the log',
    async (configuration, containerd) => {
      const machine = await node.create({ configuration, containerd });
      const before = { bytes: bytesOf(machine), files: filesOf(machine), effective: machine.effective() };
      await run(machine);

      const { result, exitCode } = await run(machine, 'uninstall');

      expect(exitCode).toBe(0);
      expect(result).toMatchObject({
        verb: 'uninstall',
        outcome: 'uninstalled',
        version: '20260928.0',
        handler: 'runsc',
        config: 'edited',
        restarts: 1,
      });
      expect(bytesOf(machine)).toBe(before.bytes);
      expect(machine.effective()).toEqual(before.effective);
      expect(machine.running()).toEqual({ handlers: ['runc'], cri: 'ok' });
      expect(filesOf(machine).filter((path) => !before.files.includes(path))).toEqual(['var/log/airlock.log']);
      expect(before.files.filter((path) => !filesOf(machine).includes(path))).toEqual([]);
      expect(existsSync(`${machine.tree}/run/airlock`)).toBe(false);
    },
  );

  it('does nothing the second time, or if nothing was installed', async () => {
    const machine = await node.create();

    const { result } = await run(machine, 'uninstall');

    expect(result).toMatchObject({ outcome: 'uninstalled', config: 'untouched', restarts: 0 });
    expect(machine.restarts()).toBe(0);
  });

  it('refuses while a sandbox runs, and changes nothing', async () => {
    const machine = await node.create();
    await run(machine);
    const installed = { bytes: bytesOf(machine), files: filesOf(machine) };
    machine.startSandbox('gvisor');

    const refused = await run(machine, 'uninstall');
    const left = { bytes: bytesOf(machine), files: filesOf(machine) };
    machine.endSandboxes();
    const done = await run(machine, 'uninstall');

    expect(refused.result).toMatchObject({ outcome: 'runtime-in-use', config: 'untouched', restarts: 0 });
    expect(refused.result.detail).toBe('gVisor sandboxes run on this node; their shims have the pids 2201');
    expect(left).toEqual(installed);
    expect(machine.restarts()).toBe(2);
    expect(done.result.outcome).toBe('uninstalled');
  });

  it("does not mistake its proof's shim, which runs for a moment longer, for a sandbox", async () => {
    const machine = await node.create();
    await run(machine);
    machine.startSandbox('gvisor', 'airlock');

    expect((await run(machine, 'uninstall')).result.outcome).toBe('uninstalled');
  });

  it('restores the handler if a sandbox started between the check and the restart', async () => {
    const machine = await node.create();
    await run(machine);
    const installed = bytesOf(machine);

    const ended = await runChanged(
      machine,
      (text) =>
        text.replace(
          /^containerd_answers\(\) \{$/m,
          () =>
            `containerd_answers() {\n  mkdir -p "$ROOT/proc/2201"; printf '/usr/local/bin/containerd-shim-runsc-v1\\0-namespace\\0k8s.io\\0' >"$ROOT/proc/2201/cmdline"; ln -sfn "$(readlink -f "$ROOT/usr/local/bin/containerd-shim-runsc-v1")" "$ROOT/proc/2201/exe"\n`,
        ),
      'uninstall',
    );

    expect(ended.stdout).toContain('"outcome":"runtime-in-use"');
    expect(ended.stdout).toContain('"config":"restored"');
    expect(bytesOf(machine)).toBe(installed);
    expect(machine.running().handlers).toContain('runsc');
  });

  it('keeps other changes to the file, before and after our block', async () => {
    const machine = await node.create({ configuration: 'no-newline' });
    const first = bytesOf(machine) ?? '';
    await run(machine);
    const file = machine.tree + machine.config;
    writeFileSync(file, `# ours\n${bytesOf(machine)}\n[metrics]\naddress = "127.0.0.1:1338"\n`);

    await run(machine, 'uninstall');

    expect(bytesOf(machine)).toBe(`# ours\n${first}\n\n[metrics]\naddress = "127.0.0.1:1338"\n`);
  });

  it('keeps a file that it created if it was changed since', async () => {
    const machine = await node.create({ configuration: 'none' });
    await run(machine);
    const file = machine.tree + machine.config;
    writeFileSync(file, (bytesOf(machine) ?? '').replace('oom_score = 0', 'oom_score = -500'));

    await run(machine, 'uninstall');

    expect(bytesOf(machine)).toContain('oom_score = -500');
    expect(bytesOf(machine)).not.toContain('airlock');
  });

  it('refuses to remove the handler of every pod', async () => {
    const machine = await node.create();
    await run(machine);
    const file = machine.tree + machine.config;
    writeFileSync(
      file,
      (bytesOf(machine) ?? '').replace('default_runtime_name = "runc"', 'default_runtime_name = "runsc"'),
    );

    const { result } = await run(machine, 'uninstall');

    expect(result).toMatchObject({ outcome: 'config-rejected', config: 'untouched', restarts: 0 });
    expect(result.detail).toContain('default of every pod');
  });

  it("leaves another owner's handler and files as they are", async () => {
    const machine = await node.create({ configuration: 'foreign', faults: ['foreign-binary'] });
    const before = { bytes: bytesOf(machine), files: filesOf(machine) };

    const { result } = await run(machine, 'uninstall');

    expect(result).toMatchObject({ outcome: 'handler-conflict', config: 'untouched', restarts: 0 });
    expect(bytesOf(machine)).toBe(before.bytes);
    expect(filesOf(machine)).toEqual(expect.arrayContaining(before.files));
  });

  it('undoes everything if containerd does not return without the handler', async () => {
    const machine = await node.create();
    await run(machine);
    const installed = bytesOf(machine);

    const ended = await runChanged(
      machine,
      (text) =>
        text.replace(
          /^containerd_answers\(\) \{$/m,
          () => 'containerd_answers() {\n  if ((restarts == 1)); then REPLY="it is error"; return 1; fi\n',
        ),
      'uninstall',
    );

    expect(ended.stdout).toMatch(/"outcome":"containerd-restart-failed".*"config":"restored","restarts":2/);
    expect(bytesOf(machine)).toBe(installed);
    expect((await run(machine, 'prove')).result.outcome).toBe('proven');
  });
});

// `journal says edited`, `configuration changed`, `restart containerd`, … `journal closed`.
const boundaries = 8;

describe('an uninstallation that is killed', () => {
  it.each(Array.from({ length: boundaries }, (_, i) => i + 1))(
    'at boundary %i is completed by the next',
    async (number) => {
      const machine = await node.create();
      const before = { bytes: bytesOf(machine), files: filesOf(machine) };
      await run(machine);

      const killed = await runChanged(machine, killAt(number), 'uninstall');
      const { result, stderr } = await run(machine, 'uninstall');

      expect(killed.exitCode).toBe(137);
      expect(result.outcome, stderr).toBe('uninstalled');
      expect(bytesOf(machine)).toBe(before.bytes);
      expect(machine.running()).toEqual({ handlers: ['runc'], cri: 'ok' });
      expect(filesOf(machine).filter((path) => !before.files.includes(path))).toEqual(['var/log/airlock.log']);
    },
  );

  it.each([2, 5, 7])('at boundary %i can be followed by an installation', async (number) => {
    const machine = await node.create();
    await run(machine);
    await runChanged(machine, killAt(number), 'uninstall');

    const { result } = await run(machine);

    expect(['installed', 'already-installed']).toContain(result.outcome);
    expect(machine.running().handlers).toEqual(['runc', 'runsc']);
    expect((await run(machine, 'prove')).result.outcome).toBe('proven');
  });

  it('has as many boundaries as these tests try', async () => {
    const machine = await node.create();
    await run(machine);

    expect(boundariesIn((await run(machine, 'uninstall')).stderr)).toBe(boundaries);
  });

  it('removes what a killed installation left', async () => {
    const machine = await node.create();
    const before = { bytes: bytesOf(machine), files: filesOf(machine) };
    await runChanged(machine, killAt(11));

    const { result } = await run(machine, 'uninstall');

    expect(result.outcome).toBe('uninstalled');
    expect(bytesOf(machine)).toBe(before.bytes);
    expect(filesOf(machine).filter((path) => !before.files.includes(path))).toEqual(['var/log/airlock.log']);
  });
});
