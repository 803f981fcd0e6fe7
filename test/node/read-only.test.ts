import { expect, it } from 'vitest';
import { expectAsBefore, onNode, run, snapshot, supplyOf } from './installation.ts';
import { newest } from './targets.ts';

it.each(['/usr/local', '/opt', '/etc/containerd'])(
  "a node with %s read-only is refused with the folder's name, before anything is downloaded or changed",
  async (folder) => {
    await onNode(newest, {}, async (machine) => {
      await machine.read('sh', '-c', `mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder}`);
      const before = await snapshot(machine);
      const { requests } = await supplyOf('sandboxed');
      const asked = requests();

      const result = await run(machine);

      expect(result).toMatchObject({ outcome: 'host-unsupported', config: 'untouched', restarts: 0 });
      expect(result.detail).toMatch(new RegExp(`^${folder}(/bin)? is read-only, and gvisor needs files in /`));
      expect(requests()).toBe(asked);
      expectAsBefore(await snapshot(machine), before);
    });
  },
);
