import { type EventDraft, launchRef, msBetween } from '../../domain/events.ts';
import type { ReadyLaunch } from './messages.ts';

/** Builds the event for a command that was sent to a node. */
export function sentEvent(
  { message: { launch, request, attempt }, onlineAt, verb, parameters, document, documentHash, checksums }: ReadyLaunch,
  { commandId, at }: { readonly commandId: string; readonly at: string },
): EventDraft {
  return {
    type: 'Command Sent',
    detail: {
      at,
      next: 'command',
      ...launchRef(launch),
      tookMs: msBetween(onlineAt, at),
      request,
      attempt,
      commandId,
      verb,
      document,
      documentHash,
      parameters,
      checksums,
      onlineAt,
    },
  };
}
