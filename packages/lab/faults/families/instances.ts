import { type Family, minutes, seconds } from '../fault.ts';
import type { Random } from '../random.ts';
import type { FaultSite } from '../site.ts';

/** Terminates instances at a stage of their launch. */
function gone(after: (random: Random) => number) {
  return (site: FaultSite, random: Random) => {
    const share = random.pick([0.5, 1]);
    site.launched.push((node) => {
      if (random.chance(share)) site.after(after(random), () => site.terminate(node));
    });
  };
}

/** What happens to instances. */
export const instanceFaults: Family = {
  'gone-while-pending': {
    about: 'the instance is terminated while it boots',
    ends: 'instance-gone',
    plant: gone((random) => seconds(random, 1, 25)),
  },
  'gone-while-installing': {
    about: 'the instance is terminated during the installation',
    ends: 'instance-gone',
    plant: gone((random) => seconds(random, 25, 50)),
  },
  'gone-while-released': {
    about: 'the instance is terminated around its release',
    plant: gone((random) => seconds(random, 45, 120)),
  },
  'gone-later': {
    about: 'the instance is terminated at any minute',
    only: 'matrix',
    plant: gone((random) => minutes(random, 1, 25)),
  },
  'launch-unseen': {
    about: 'EC2 does not show the instance for a while after its event',
    heals: true,
    plant(site, random) {
      site.plans.push((plan) => ({ ...plan, unseenMs: plan.pendingMs + seconds(random, 1, 60) }));
    },
  },
  'spot-interrupted': {
    about: 'the spot instance is taken back, with two minutes of warning',
    plant(site, random) {
      site.launched.push(({ node: { instanceId } }) => {
        if (!random.strikesNode(0.7)) return;
        site.after(seconds(random, 5, 150), () => {
          site.ended.add(instanceId);
          site.world.services.ec2.interrupt(instanceId);
        });
      });
    },
  },
  'stopped-and-started': {
    about: 'the instance is stopped and started: another launch of the same instance',
    plant(site, random) {
      const { ec2 } = site.world.services;
      site.launched.push(({ node, machine }) => {
        if (!random.strikesNode(0.8)) return;
        const { instanceId } = node;
        const running = () => ec2.find(instanceId)?.state === 'running';
        const stopAt = seconds(random, 12, 240);
        const startAt = stopAt + seconds(random, 10, 180);
        site.after(stopAt, () => {
          if (!running()) return;
          site.ended.add(instanceId);
          ec2.stop(instanceId);
          site.after(startAt - stopAt, () => {
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
