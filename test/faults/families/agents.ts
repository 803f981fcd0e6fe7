import type { Dice } from '../dice.ts';
import { type Family, minutes, seconds } from '../fault.ts';
import type { Trial } from '../trial.ts';

/** The agent falls silent at a moment of the way, and talks again later. */
function silent(forMs: (dice: Dice) => number | undefined) {
  return (trial: Trial, dice: Dice) => {
    const { agents } = trial.world.services.ssm;
    trial.launched.push(({ node: { instanceId } }) => {
      if (!dice.chance(0.8)) return;
      const from = seconds(dice, 24, 60);
      const until = forMs(dice);
      trial.after(from, () => agents.silence(instanceId));
      if (until !== undefined) trial.after(from + until, () => agents.wake(instanceId));
    });
  };
}

/** The SSM agent on the node. */
export const agentFaults: Family = {
  'agent-late': {
    about: 'the agent comes minutes late',
    heals: true,
    plant(trial, dice) {
      trial.plans.push((plan) => ({ ...plan, agentAfterMs: minutes(dice, 1, 12) }));
    },
  },
  'agent-never': {
    about: 'the agent never comes',
    plant(trial, dice) {
      trial.plans.push((plan) => (dice.chance(0.7) ? { ...plan, agentAfterMs: undefined } : plan));
    },
  },
  'agent-old': {
    about: 'the agent is too old',
    plant(trial) {
      trial.plans.push((plan) => ({ ...plan, agentVersion: '3.3.2745.0' }));
    },
  },
  'agent-flickers': {
    about: 'the agent is offline for some seconds or minutes',
    plant: silent((dice) => seconds(dice, 5, 240)),
  },
  'agent-hibernates': { about: 'the agent hibernates for fifteen minutes', plant: silent(() => 15 * 60_000) },
  'agent-dies': { about: 'the agent falls silent for good', plant: silent(() => undefined) },
};
