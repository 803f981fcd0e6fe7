import { describe, expect, it } from 'vitest';
import { onNode, run, runtimesIn, snapshot } from './installation.ts';
import { newest } from './targets.ts';

const table = "plugins.'io.containerd.cri.v1.runtime'.containerd";
const handler = (name: string, systemd: boolean) =>
  `[${table}.runtimes.${name}]\nruntime_type = "io.containerd.runc.v2"\n[${table}.runtimes.${name}.options]\nBinaryName = "/usr/bin/runc"\nSystemdCgroup = ${systemd}\n`;
const byDefault = (name: string) => `version = 3\n[${table}]\ndefault_runtime_name = "${name}"\n`;

const cases: readonly (readonly [string, string, boolean])[] = [
  ['nvidia, without a table of runc', `${byDefault('nvidia')}${handler('nvidia', true)}`, true],
  ['crun, and runc says otherwise', `${byDefault('crun')}${handler('crun', true)}${handler('runc', false)}`, true],
  ['nvidia with the other driver', `${byDefault('nvidia')}${handler('nvidia', false)}${handler('runc', true)}`, false],
];

describe("Sysbox's handler has the control group driver of the default handler", () => {
  it.each(cases)('%s', async (_, text, systemd) => {
    await onNode(newest, { configuration: { text }, idle: true }, async (machine) => {
      await run(machine, 'install', { runtime: 'sysbox' });

      const options = { BinaryName: '/usr/bin/sysbox-runc', SystemdCgroup: systemd };
      expect(runtimesIn((await snapshot(machine)).effective)['sysbox-runc']).toMatchObject({ options });
    });
  });
});
