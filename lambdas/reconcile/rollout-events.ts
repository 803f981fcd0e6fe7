import type { EventDraft } from '../../domain/events.ts';
import type { NextStep } from '../../domain/next-steps.ts';
import type { Rollout, RolloutEvent } from '../../domain/rollout/rollout.ts';

const nextOf = {
  'Rollout Started': 'roll-on',
  'Rollout Wave Done': 'roll-on',
  'Rollout Stopped': 'operator',
  'Rollout Finished': 'nothing',
} as const satisfies Record<RolloutEvent, NextStep>;

/** Builds an event of a rollout from its record. */
export function rolloutEvent(type: RolloutEvent, rollout: Rollout, at: string): EventDraft {
  const { cluster, pool, runtime, target, before, startedAt, wave, done, total, stoppedBecause } = rollout;
  const detail = {
    ...{ at, next: nextOf[type], cluster, pool, runtime, target, startedAt, wave: wave + 1, done, total },
    ...(before === undefined ? {} : { before }),
    ...(stoppedBecause === undefined ? {} : { because: stoppedBecause }),
  };
  return { type, detail };
}
