import { type Family, minutes } from '../fault.ts';
import type { FaultRun, FaultRunNode } from '../fault-run.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** Changes machines some minutes after their nodes were released, and lets the kubelet see it. */
function drifted(change: (node: FaultRunNode) => void) {
  return (faultRun: FaultRun, random: SeededRandom) => {
    const share = random.pick([0.3, 1]);
    faultRun.launched.push((one) => {
      if (!random.chance(share)) return;
      faultRun.after(minutes(random, 6, 20), () => {
        if (faultRun.world.services.ec2.find(one.node.instanceId)?.state !== 'running') return;
        change(one);
        one.node.machineChanged();
      });
    });
  };
}

/** What becomes of nodes after their release. */
export const driftFaults: Family = {
  'kernel-changed': {
    about: 'the node is booted again with another kernel',
    heals: true,
    plant: drifted(({ machine }) => machine.reboot('6.8.0-2000-aws')),
  },
  'runtime-lost': {
    about: 'someone takes the runtime out of the node',
    heals: true,
    plant: drifted(({ machine }) => machine.loseRuntime()),
  },
};
