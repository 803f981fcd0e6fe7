import { type Family, minutes, seconds } from '../fault.ts';
import type { FaultRun } from '../fault-run.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** The agent falls silent at a moment of the way, and talks again later. */
function silent(forMs: (random: SeededRandom) => number | undefined) {
  return (faultRun: FaultRun, random: SeededRandom) => {
    const { agents } = faultRun.world.services.ssm;
    faultRun.launched.push(({ node: { instanceId } }) => {
      if (!random.chance(0.8)) return;
      const from = seconds(random, 24, 60);
      const until = forMs(random);
      faultRun.after(from, () => agents.silence(instanceId));
      if (until !== undefined) faultRun.after(from + until, () => agents.wake(instanceId));
    });
  };
}

/** The SSM agent on the node. */
export const agentFaults: Family = {
  'agent-late': {
    about: 'the agent comes minutes late',
    heals: true,
    plant(faultRun, random) {
      faultRun.plans.push((plan) => ({ ...plan, agentAfterMs: minutes(random, 1, 12) }));
    },
  },
  'agent-never': {
    about: 'the agent never comes',
    plant(faultRun, random) {
      faultRun.plans.push((plan) => (random.chance(0.7) ? { ...plan, agentAfterMs: undefined } : plan));
    },
  },
  'agent-old': {
    about: 'the agent is too old',
    plant(faultRun) {
      faultRun.plans.push((plan) => ({ ...plan, agentVersion: '3.3.2745.0' }));
    },
  },
  'agent-flickers': {
    about: 'the agent is offline for some seconds or minutes',
    plant: silent((random) => seconds(random, 5, 240)),
  },
  'agent-hibernates': { about: 'the agent hibernates for fifteen minutes', plant: silent(() => 15 * 60_000) },
  'agent-dies': { about: 'the agent falls silent for good', plant: silent(() => undefined) },
};
