import { AwsError } from '../../../local-aws/aws.ts';
import type { SeenCall } from '../calls.ts';
import type { Family } from '../fault.ts';
import type { Random } from '../random.ts';
import type { FaultSite } from '../site.ts';

/** The functions whose calls are calls of AWS. */
const functions = [
  'admission',
  'dispatch',
  'results',
  'cancellation',
  'terminations',
  'remediation',
  'reconcile',
] as const;

/** The process ends before one of its calls takes effect, or after it and before the answer arrives. */
function crashes(name: string) {
  return (site: FaultSite, random: Random) => {
    let skip = random.int(0, 9);
    let left = random.int(1, 5);
    const share = random.pick([0.2, 0.5, 1]);
    const when = random.pick(['before', 'after'] as const);
    const death = random.pick(['crash', 'out-of-memory'] as const);
    const strike = ({ caller }: SeenCall) => {
      if (caller !== name || skip-- > 0 || left <= 0 || !random.chance(share)) return undefined;
      left--;
      return death;
    };
    site.onCall({ [when]: strike });
  };
}

/** One of its calls hangs for longer than the function may run. */
function hangs(name: string) {
  return (site: FaultSite, random: Random) => {
    let skip = random.int(0, 9);
    let left = random.int(1, 3);
    site.onCall({
      async before({ caller }) {
        if (caller !== name || skip-- > 0 || left-- <= 0) return undefined;
        await site.clock.sleep(((site.function(name)?.settings.timeoutSeconds ?? 0) + 1) * 1_000);
        return new AwsError('ServiceUnavailable', 'planted', 503);
      },
    });
  };
}

/** Lambda runs the same event twice, at the same moment or a little later. */
function doubles(name: string) {
  return (site: FaultSite, random: Random) => {
    const share = random.pick([0.6, 1]);
    const lateMs = random.pick([0, 0, 0, 40, 1_500]);
    const { lambda } = site.world.cloud;
    site.onCall({
      before({ operation, input }) {
        const { FunctionName = '', Payload } = input as { FunctionName?: string; Payload?: Uint8Array };
        const target = site.function(name)?.settings;
        if (operation !== 'Invoke' || target === undefined || !FunctionName.includes(target.name)) return undefined;
        if (!random.chance(share)) return undefined;
        const payload = Buffer.from(Payload ?? []).toString();
        const again = async () => {
          await lambda.invoke(target.name, payload, 'RequestResponse').catch(() => undefined);
        };
        if (lateMs === 0) void again();
        else site.after(lateMs, again);
        return undefined;
      },
    });
  };
}

/** Lambda has room for few invocations, for a while or permanently: an account may start with ten. */
const narrow: Family = {
  'lambda-narrow': {
    about: 'the account has room for few invocations at once',
    strands: true,
    plant(site, random) {
      const { lambda } = site.world.cloud;
      const usual = lambda.concurrency;
      lambda.concurrency = random.pick([2, 5, 10]);
      if (!random.chance(0.5)) return;
      site.after(random.int(30, 600) * 1_000, () => {
        lambda.concurrency = usual;
      });
    },
  },
};

/** A function may die between any two of its calls, and run again. */
export const functionFaults: Family = Object.fromEntries([
  ...Object.entries(narrow),
  ...functions.flatMap((name) => [
    [
      `${name}-crashes`,
      { about: `${name} dies before or after any of its calls`, heals: true, plant: crashes(name) },
    ] as const,
    [
      `${name}-hangs`,
      { about: `a call of ${name} hangs until the function times out`, heals: true, plant: hangs(name) },
    ] as const,
  ]),
  // Another family has the requests to the Kubernetes API at which it dies.
  [
    'cluster-answers-crash',
    { about: 'cluster dies before or after any of its calls of AWS', heals: true, plant: crashes('cluster') },
  ] as const,
  [
    'cluster-answers-hang',
    { about: 'a call of AWS of cluster hangs until the function times out', heals: true, plant: hangs('cluster') },
  ] as const,
  ...[...functions, 'cluster'].map(
    (name) =>
      [
        `${name}-twice`,
        { about: `${name} gets the same event twice, at once`, heals: true, plant: doubles(name) },
      ] as const,
  ),
]);
