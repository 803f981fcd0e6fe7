import { type EventDraft, launchRef, msBetween } from '../../domain/events.ts';
import type { Admission } from '../../domain/messages.ts';

/**
 * Builds the event of an admission.
 *
 * @param execution the name of the run's execution
 * @param at when the admission was complete, ISO 8601
 */
export function admissionEvent({ launch, ...admission }: Admission, execution: string, at: string): EventDraft {
  const { providerId, deadline, rerun, relaunched } = launch;
  return {
    type: 'Node Admitted',
    detail: {
      at,
      next: admission.refused === undefined ? 'install' : 'decide',
      ...launchRef(launch),
      tookMs: msBetween(launch.launchedAt, at),
      execution,
      providerId,
      deadline,
      ...admission,
      ...(rerun === undefined ? {} : { rerun }),
      ...(relaunched === undefined ? {} : { relaunched }),
    },
  };
}

/** Builds the event of an instance that asks for a runtime in a known cluster and is not admitted. */
export function ignoredEvent({ launch }: Admission, because: string, at: string): EventDraft {
  const { instanceId, launchedAt, cluster, pool, imageId } = launch;
  const image = imageId === undefined ? {} : { imageId };
  return {
    type: 'Launch Ignored',
    detail: { at, next: 'nothing', instanceId, launchedAt, cluster, pool, ...image, because },
  };
}
