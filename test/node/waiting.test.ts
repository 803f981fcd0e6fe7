import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeTimeLibrary, type RealMachine } from '../../packages/lab/real-machines.ts';
import { scriptOf } from '../../ssm-documents/assemble.ts';
import { readShown } from '../ssm-documents/shown.ts';
import { expectAsBefore, expectInstalled, onNode, run, snapshot, supplyOf } from './installation.ts';
import { newest } from './targets.ts';

/** Takes dpkg's lock as unattended-upgrades does, and releases it after so many seconds. */
const holder = `use Fcntl;
open my $lock, '>', '/var/lib/dpkg/lock-frontend' or die;
my $wanted = pack 'ssx4qqix4', F_WRLCK, 0, 0, 0, 0;
fcntl $lock, F_SETLK, $wanted or die "taken: $!";
open my $mark, '>', '/run/held' or die;
sleep shift;
`;

async function holdPackageLock(machine: RealMachine, seconds: number): Promise<void> {
  await machine.write('/run/hold.pl', holder);
  await machine.read('systemd-run', '--quiet', '--unit=upgrade', 'perl', '/run/hold.pl', String(seconds));
  await machine.read('timeout', '20', 'sh', '-c', 'until [ -e /run/held ]; do sleep 0.05; done');
}

// They wait far more than they work.
describe.concurrent('a package lock', () => {
  it('that is held for a while is waited for', async () => {
    await onNode(newest, {}, async (machine) => {
      const before = await snapshot(machine);
      await holdPackageLock(machine, 15);

      const result = await run(machine, 'install', { runtime: 'sysbox' });

      expect(result).toMatchObject({ outcome: 'installed', restarts: 1 });
      expectInstalled(await snapshot(machine), before, ['sysbox-runc']);
    });
  });

  it('that is held forever ends the run, with the node as before', async () => {
    await onNode(newest, {}, async (machine) => {
      const before = await snapshot(machine);
      await holdPackageLock(machine, 100_000);
      const { document } = await supplyOf('sandboxed');
      const text = scriptOf(document('install', 'sysbox'));
      const environment = { SSM_Version: '0.7.1', SSM_Seconds: '20' };

      const ended = await machine.run({ text, environment, timeoutSeconds: 100 });

      const read = readShown(ended);
      expect(read).toMatchObject({
        ok: true,
        result: { outcome: 'package-lock-timeout', config: 'untouched', restarts: 0 },
      });
      const after = await snapshot(machine);
      expectAsBefore(after, before);
      expect(after.daemon).toEqual(before.daemon);
    });
  });
});

describe('a clock', () => {
  /**
   * Runs an installation under a clock that is wrong as a file specifies; the script can be made to change the file.
   */
  async function installed(machine: RealMachine, off: string, jump: string): Promise<void> {
    const before = await snapshot(machine);
    const library = '/srv/outside/libfaketime.so.1';
    copyFileSync(fakeTimeLibrary(), join(machine.outside, 'libfaketime.so.1'));
    await machine.write('/run/clock', off);
    const { document } = await supplyOf('sandboxed');
    const text = scriptOf(document('install')).replace(
      /^restart_containerd\(\) \{$/m,
      () => `restart_containerd() {\n  echo '${jump}' >/run/clock`,
    );
    const environment = {
      ...{ LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: '/run/clock', FAKETIME_NO_CACHE: '1' },
      ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', SSM_Version: '20260928.0' },
    };

    const ended = await machine.run({ text, environment, timeoutSeconds: 100 });

    const read = readShown(ended);
    expect(read).toMatchObject({ ok: true, result: { outcome: 'installed', restarts: 1 } });
    // The log's clock is the wrong one, and no phase takes an hour or a negative time.
    const shown = Date.parse(/^(\S+) phase: lock/m.exec(ended.stderr)?.[1] ?? '');
    expect(Math.abs(Math.abs(shown - Date.now()) - 3_600_000)).toBeLessThan(600_000);
    for (const ms of Object.values(read.ok ? read.result.phases : {})) expect(ms).toBeLessThan(1_800_000);
    expectInstalled(await snapshot(machine), before);
  }

  it.each([
    ['an hour ahead', '+3600s', '+3600s'],
    ['an hour behind', '-3600s', '-3600s'],
    ['an hour ahead that is corrected during the restart', '+3600s', '+0s'],
    ['an hour behind that is corrected during the restart', '-3600s', '+0s'],
  ])('%s prevents no installation', async (_, off, jump) => {
    await onNode(newest, {}, (machine) => installed(machine, off, jump));
  });
});
