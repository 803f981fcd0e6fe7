import { source } from '../../../../domain/events.ts';
import type { Delivered } from '../../../local-aws/services.ts';
import { type Family, minutes, seconds } from '../fault.ts';
import type { Random } from '../random.ts';
import type { FaultSite } from '../site.ts';

/** Plans what happens to some of the deliveries: when the copies leave, in milliseconds from now. */
function deliver(which: (delivered: Delivered) => boolean, times: (random: Random) => readonly number[] | undefined) {
  return (site: FaultSite, random: Random) => {
    const share = random.pick([0.3, 0.6, 1]);
    site.onDelivery((delivered) => (which(delivered) && random.chance(share) ? times(random) : undefined));
  };
}

const ofEc2 = ({ event }: Delivered) => event.source === 'aws.ec2';
const ofSsm = ({ event }: Delivered) => event.source === 'aws.ssm';
const ofAws = ({ event }: Delivered) => event.source !== source;
const own = ({ event }: Delivered) => event.source === source;
const copies = (random: Random) => Array.from({ length: random.int(2, 4) }, () => seconds(random, 0, 90));

/** AWS's own events are best effort; what PutEvents accepted arrives at least once. */
export const eventFaults: Family = {
  'launches-lost': { about: "EC2's events are lost", heals: true, plant: deliver(ofEc2, () => []) },
  'results-lost': { about: "SSM's events are lost", heals: true, plant: deliver(ofSsm, () => []) },
  'events-lost': {
    about: 'events of AWS are lost, of whichever service',
    heals: true,
    plant: deliver(ofAws, () => []),
  },
  'events-doubled': { about: 'events of AWS arrive up to four times', heals: true, plant: deliver(ofAws, copies) },
  'events-late': {
    about: 'events of AWS arrive minutes late',
    heals: true,
    plant: deliver(ofAws, (random) => [minutes(random, 1, 9)]),
  },
  'events-very-late': {
    about: 'events of AWS arrive after the deadline',
    heals: true,
    plant: deliver(ofAws, (random) => [minutes(random, 21, 40)]),
  },
  'events-reordered': {
    about: 'events of AWS overtake each other',
    heals: true,
    plant: deliver(ofAws, (random) => [seconds(random, 0, 45)]),
  },
  'own-events-doubled': {
    about: "Airlock's events arrive up to four times, and late",
    heals: true,
    plant: deliver(own, copies),
  },
};
