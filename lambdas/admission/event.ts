import { type EventDraft, launchRef, msBetween } from '../../domain/events.ts';
import type { Admission } from '../../domain/messages.ts';

/**
 * Builds the event of an admission.
 *
 * @param execution the name of the run's execution
 * @param at when the admission was complete, ISO 8601
 */
export function admissionEvent({ launch, ...admission }: Admission, execution: string, at: string): EventDraft {
  const { deadline, rerun, relaunched } = launch;
  return {
    type: 'Node Admitted',
    detail: {
      at,
      next: admission.refused === undefined ? 'install' : 'decide',
      ...launchRef(launch),
      tookMs: msBetween(launch.launchedAt, at),
      execution,
      deadline,
      ...admission,
      ...(rerun === undefined ? {} : { rerun }),
      ...(relaunched === undefined ? {} : { relaunched }),
    },
  };
}
