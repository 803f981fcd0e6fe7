import { type Family, minutes, seconds } from '../fault.ts';
import type { Random } from '../random.ts';
import type { FaultSite } from '../site.ts';

/** The agent stops answering at a moment of the run, and answers again later. */
function silent(forMs: (random: Random) => number | undefined) {
  return (site: FaultSite, random: Random) => {
    const { agents } = site.world.services.ssm;
    site.launched.push(({ node: { instanceId } }) => {
      if (!random.strikesNode(0.8)) return;
      const from = seconds(random, 24, 60);
      const until = forMs(random);
      site.after(from, () => agents.silence(instanceId));
      if (until !== undefined) site.after(from + until, () => agents.wake(instanceId));
    });
  };
}

/** The SSM agent on the node. */
export const agentFaults: Family = {
  'agent-late': {
    about: 'the agent comes minutes late',
    heals: true,
    plant(site, random) {
      site.plans.push((plan) => ({ ...plan, agentAfterMs: minutes(random, 1, 12) }));
    },
  },
  'agent-never': {
    about: 'the agent never comes',
    ends: 'agent-offline',
    plant(site, random) {
      site.plans.push((plan) => (random.strikesNode(0.7) ? { ...plan, agentAfterMs: undefined } : plan));
    },
  },
  'agent-old': {
    about: 'the agent is too old',
    ends: 'agent-too-old',
    plant(site) {
      site.plans.push((plan) => ({ ...plan, agentVersion: '3.3.2745.0' }));
    },
  },
  'agent-flickers': {
    about: 'the agent is offline for some seconds or minutes',
    plant: silent((random) => seconds(random, 5, 240)),
  },
  'agent-hibernates': { about: 'the agent hibernates for fifteen minutes', plant: silent(() => 15 * 60_000) },
  'agent-dies': { about: 'the agent falls silent for good', plant: silent(() => undefined) },
};
