import { type Family, minutes, seconds } from '../fault.ts';
import type { FaultRun } from '../fault-run.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** Terminates instances at a stage of their way. */
function gone(after: (random: SeededRandom) => number) {
  return (faultRun: FaultRun, random: SeededRandom) => {
    const share = random.pick([0.5, 1]);
    faultRun.launched.push((node) => {
      if (random.chance(share)) faultRun.after(after(random), () => faultRun.terminate(node));
    });
  };
}

/** What happens to instances. */
export const instanceFaults: Family = {
  'gone-while-pending': {
    about: 'the instance is terminated while it boots',
    plant: gone((random) => seconds(random, 1, 25)),
  },
  'gone-while-installing': {
    about: 'the instance is terminated during the installation',
    plant: gone((random) => seconds(random, 25, 50)),
  },
  'gone-while-released': {
    about: 'the instance is terminated around its release',
    plant: gone((random) => seconds(random, 45, 120)),
  },
  'gone-later': { about: 'the instance is terminated at any minute', plant: gone((random) => minutes(random, 1, 25)) },
  'launch-unseen': {
    about: 'EC2 does not show the instance for a while after its event',
    heals: true,
    plant(faultRun, random) {
      faultRun.plans.push((plan) => ({ ...plan, unseenMs: plan.pendingMs + seconds(random, 1, 60) }));
    },
  },
  'spot-interrupted': {
    about: 'the spot instance is taken back, with two minutes of warning',
    plant(faultRun, random) {
      faultRun.launched.push(({ node: { instanceId } }) => {
        if (!random.chance(0.7)) return;
        faultRun.after(seconds(random, 5, 150), () => {
          faultRun.ended.add(instanceId);
          faultRun.world.services.ec2.interrupt(instanceId);
        });
      });
    },
  },
  'stopped-and-started': {
    about: 'the instance is stopped and started: another launch of the same instance',
    plant(faultRun, random) {
      const { ec2 } = faultRun.world.services;
      faultRun.launched.push(({ node, machine }) => {
        if (!random.chance(0.8)) return;
        const { instanceId } = node;
        const running = () => ec2.find(instanceId)?.state === 'running';
        const stopAt = seconds(random, 12, 240);
        const startAt = stopAt + seconds(random, 10, 180);
        faultRun.after(stopAt, () => {
          if (!running()) return;
          faultRun.ended.add(instanceId);
          ec2.stop(instanceId);
          faultRun.after(startAt - stopAt, () => {
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
