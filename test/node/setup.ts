import { existsSync } from 'node:fs';
import { release as kernel } from 'node:os';
import { NodeCgroups, realArtifacts, rootOf } from '../../packages/lab/real-machines.ts';
import { targets } from './targets.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Creates the root file systems, and prints which parts of the machine are real. */
export default async function setup(): Promise<void> {
  const rows: string[] = [];
  for (const { name, debian, containerdDirectory } of targets) {
    const { versions } = await rootOf(debian, say);
    const origin = containerdDirectory ?? `Debian's package ${versions['containerd']}`;
    rows.push(`  ${name.padEnd(34)} real      ${origin}; systemd ${versions['systemd']}`);
  }
  const { descriptions } = await realArtifacts(say);
  const { version } = new NodeCgroups('none');
  say('What runs here:');
  for (const row of rows) say(row);
  say('  containerd 2.0, 2.2 and 2.3        modelled  by npm test; AIRLOCK_CONTAINERD=DIR adds another binary here');
  say(`  gVisor                             ${descriptions.gvisor}`);
  say(`  Kata                               ${descriptions.kata}`);
  say(`  Sysbox                             ${descriptions.sysbox}`);
  say(
    `  /dev/kvm                           ${existsSync('/dev/kvm') ? "this host's" : 'a stand-in'}; the flag of the processor and the modules: stand-ins`,
  );
  say(`  kernel                             this host's, ${kernel()}; control groups ${version}`);
}
