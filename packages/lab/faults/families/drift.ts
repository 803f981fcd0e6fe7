import { type Family, minutes } from '../fault.ts';
import type { Random } from '../random.ts';
import type { FaultSite, FaultyNode } from '../site.ts';

/** Changes machines some minutes after their nodes were released, and the kubelet reports it. */
function drifted(change: (node: FaultyNode) => void) {
  return (site: FaultSite, random: Random) => {
    const share = random.pick([0.3, 1]);
    site.launched.push((one) => {
      if (!random.chance(share)) return;
      site.after(minutes(random, 6, 20), () => {
        if (site.world.services.ec2.find(one.node.instanceId)?.state !== 'running') return;
        change(one);
        one.node.machineChanged();
      });
    });
  };
}

/** What happens to nodes after their release. */
export const driftFaults: Family = {
  'kernel-changed': {
    about: 'the node is booted again with another kernel',
    heals: true,
    only: 'matrix',
    plant: drifted(({ machine }) => machine.reboot('6.8.0-2000-aws')),
  },
  'runtime-lost': {
    about: 'the runtime is removed from the node',
    heals: true,
    only: 'matrix',
    plant: drifted(({ machine }) => machine.loseRuntime()),
  },
};
