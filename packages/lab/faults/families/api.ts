import { broken, throttled } from '../calls.ts';
import type { Family, Fault } from '../fault.ts';
import type { Random } from '../random.ts';
import type { FaultSite } from '../site.ts';

/** The services that the product calls. */
const services = ['dynamodb', 'ec2', 'events', 'lambda', 'sqs', 'ssm', 'states'] as const;

interface ApiFailure {
  readonly name: string;
  readonly about: string;
  readonly when: 'before' | 'after';
  readonly error: (service: string) => ReturnType<typeof throttled>;
}

const apiFailures: readonly ApiFailure[] = [
  { name: 'throttled', about: 'is throttled', when: 'before', error: throttled },
  { name: 'fails', about: 'answers 500 and does nothing', when: 'before', error: broken },
  { name: 'answer-lost', about: 'does what it is asked, and answers 500', when: 'after', error: broken },
];

/** Affects a share of the calls, a few in succession, or every call for a while. */
function strikes(site: FaultSite, random: Random): () => boolean {
  switch (random.int(0, 2)) {
    case 0: {
      const share = random.pick([0.05, 0.2, 0.35]);
      return () => random.chance(share);
    }
    case 1: {
      let skip = random.int(0, 12);
      let left = random.int(1, 12);
      return () => skip-- <= 0 && left-- > 0;
    }
    default: {
      const from = site.clock.now() + random.int(0, 180) * 1_000;
      const until = from + random.int(5, 120) * 1_000;
      return () => site.clock.now() >= from && site.clock.now() < until;
    }
  }
}

function fault(service: string, { about, when, error }: ApiFailure): Fault {
  return {
    about: `${service} ${about}, at any of its calls`,
    strands: true,
    plant(site, random) {
      const strike = strikes(site, random);
      site.onCall({
        [when]: (call: { service: string }) => (call.service === service && strike() ? error(service) : undefined),
      });
    },
  };
}

/** Throttling and 5xx of every service at every call. */
export const apiFaults: Family = Object.fromEntries(
  services.flatMap((service) => apiFailures.map((way) => [`${service}-${way.name}`, fault(service, way)])),
);
