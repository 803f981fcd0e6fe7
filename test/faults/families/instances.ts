import type { Dice } from '../dice.ts';
import { type Family, minutes, seconds } from '../fault.ts';
import type { Trial } from '../trial.ts';

/** Terminates instances at a stage of their way. */
function gone(after: (dice: Dice) => number) {
  return (trial: Trial, dice: Dice) => {
    const share = dice.pick([0.5, 1]);
    trial.launched.push((node) => {
      if (dice.chance(share)) trial.after(after(dice), () => trial.terminate(node));
    });
  };
}

/** What happens to instances. */
export const instanceFaults: Family = {
  'gone-while-pending': {
    about: 'the instance is terminated while it boots',
    plant: gone((dice) => seconds(dice, 1, 25)),
  },
  'gone-while-installing': {
    about: 'the instance is terminated during the installation',
    plant: gone((dice) => seconds(dice, 25, 50)),
  },
  'gone-while-released': {
    about: 'the instance is terminated around its release',
    plant: gone((dice) => seconds(dice, 45, 120)),
  },
  'gone-later': { about: 'the instance is terminated at any minute', plant: gone((dice) => minutes(dice, 1, 25)) },
  'launch-unseen': {
    about: 'EC2 does not show the instance for a while after its event',
    heals: true,
    plant(trial, dice) {
      trial.plans.push((plan) => ({ ...plan, unseenMs: plan.pendingMs + seconds(dice, 1, 60) }));
    },
  },
  'spot-interrupted': {
    about: 'the spot instance is taken back, with two minutes of warning',
    plant(trial, dice) {
      trial.launched.push(({ node: { instanceId } }) => {
        if (!dice.chance(0.7)) return;
        trial.after(seconds(dice, 5, 150), () => {
          trial.ended.add(instanceId);
          trial.world.services.ec2.interrupt(instanceId);
        });
      });
    },
  },
  'stopped-and-started': {
    about: 'the instance is stopped and started: another launch of the same instance',
    plant(trial, dice) {
      const { ec2 } = trial.world.services;
      trial.launched.push(({ node, machine }) => {
        if (!dice.chance(0.8)) return;
        const { instanceId } = node;
        const running = () => ec2.find(instanceId)?.state === 'running';
        const stopAt = seconds(dice, 12, 240);
        const startAt = stopAt + seconds(dice, 10, 180);
        trial.after(stopAt, () => {
          if (!running()) return;
          trial.ended.add(instanceId);
          ec2.stop(instanceId);
          trial.after(startAt - stopAt, () => {
            if (ec2.find(instanceId)?.state !== 'stopped') return;
            ec2.start(instanceId);
            machine.reboot();
            node.comeUp();
          });
        });
      });
    },
  },
};
