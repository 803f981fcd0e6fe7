import type { Dice } from '../dice.ts';
import { type Family, minutes } from '../fault.ts';
import type { Trial, TrialNode } from '../trial.ts';

/** Changes machines some minutes after their nodes were released, and lets the kubelet see it. */
function drifted(change: (node: TrialNode) => void) {
  return (trial: Trial, dice: Dice) => {
    const share = dice.pick([0.3, 1]);
    trial.launched.push((one) => {
      if (!dice.chance(share)) return;
      trial.after(minutes(dice, 6, 20), () => {
        if (trial.world.services.ec2.find(one.node.instanceId)?.state !== 'running') return;
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
    about: 'somebody takes the runtime out of the node',
    heals: true,
    plant: drifted(({ machine }) => machine.loseRuntime()),
  },
};
