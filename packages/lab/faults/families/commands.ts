import type { ForcedResult } from '../../../local-aws/services.ts';
import { type Family, minutes } from '../fault.ts';
import type { Random } from '../random.ts';
import type { FaultSite } from '../site.ts';

/** Commands end in SSM without a run on the node: all of them, or a random share. */
function forced(result: ForcedResult) {
  return (site: FaultSite, random: Random) => {
    const share = random.pick([0.4, 1]);
    site.world.services.ssm.forcedResult = () => (random.chance(share) ? result : undefined);
  };
}

/** The output of a run does not reach SSM as the script wrote it. */
function shown(change: (text: string, random: Random) => string) {
  return (site: FaultSite, random: Random) => {
    site.launched.push(({ machine }) => {
      if (!random.strikesNode(0.7)) return;
      machine.tamper = (ended) => ({ ...ended, stdout: change(ended.stdout, random) });
    });
  };
}

/**
 * Every status in SSM, https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html, and what an
 * output can lack.
 */
export const commandFaults: Family = {
  undeliverable: {
    about: 'the command is Undeliverable',
    ends: 'command-not-delivered',
    plant: forced({ status: 'Failed', details: 'Undeliverable' }),
  },
  'delivery-times-out': {
    about: 'the command ends as DeliveryTimedOut',
    ends: 'command-not-delivered',
    plant: forced({ status: 'TimedOut', details: 'DeliveryTimedOut' }),
  },
  terminated: {
    about: 'the command is Terminated',
    ends: 'command-not-delivered',
    plant: forced({ status: 'Cancelled', details: 'Terminated' }),
  },
  cancelled: {
    about: 'an operator cancels the command',
    ends: 'command-not-delivered',
    plant: forced({ status: 'Cancelled', details: 'Cancelled' }),
  },
  'access-denied': {
    about: 'the command ends as AccessDenied',
    ends: 'command-not-delivered',
    plant: forced({ status: 'Failed', details: 'AccessDenied' }),
  },
  'invalid-platform': {
    about: 'the command ends as InvalidPlatform',
    ends: 'command-not-delivered',
    plant: forced({ status: 'Failed', details: 'InvalidPlatform' }),
  },
  'end-repeated': {
    about: "a node's first command is Undeliverable, and its end is reported again while the next one is under way",
    heals: true,
    plant(site, random) {
      const struck = new Set<string>();
      site.world.services.ssm.forcedResult = (_command, instanceId) => {
        if (struck.has(instanceId)) return undefined;
        struck.add(instanceId);
        return { status: 'Failed', details: 'Undeliverable' };
      };
      const again = Array.from({ length: 8 }, (_, index) => 300 + index * random.int(8_000, 14_000));
      site.onDelivery(({ event }) => (event.source === 'aws.ssm' ? again : undefined));
    },
  },
  'output-missing': {
    about: 'the output of the command is missing',
    ends: 'command-not-delivered',
    plant: shown(() => ''),
  },
  'output-cut': {
    about: 'the output of the command is cut',
    ends: 'command-not-delivered',
    plant: shown((text, random) => text.slice(0, random.int(0, Math.max(0, text.length - 2)))),
  },
  'install-slow': {
    about: 'the installation takes minutes, or longer than the deadline',
    ends: 'deadline-passed',
    plant(site, random) {
      const more = random.pick([minutes(random, 2, 8), minutes(random, 15, 25)]);
      site.launched.push(({ machine }) => {
        machine.slowerMs += more;
      });
    },
  },
};
