import { due, endsOf } from './ended.ts';
import type { Invariant } from './invariant.ts';

/**
 * The text of a receipt if the end of a command could not be seen: its agent does not answer, or SSM itself does not.
 */
const unseen = /the end of its command was not seen/;

/** No command was running on a node when its end was published, unless the receipt states so. */
export const quietAtTheEnd: Invariant = {
  name: 'ended while a command ran',
  violations(faultRun) {
    const commands = faultRun.world.services.ssm.commands();
    return due(faultRun).flatMap((launch) => {
      const end = endsOf(faultRun, launch).find(
        ({ outcome, text }) => outcome !== 'instance-gone' && !unseen.test(text),
      );
      if (end === undefined) return [];
      const ran = commands.filter(({ invocations }) =>
        invocations.some(({ instanceId, startedAt = Number.POSITIVE_INFINITY, endedAt = Number.POSITIVE_INFINITY }) => {
          // An earlier launch's command died with it, and stays in progress in SSM until it expires.
          const ofLaunch = instanceId === launch.instanceId && startedAt >= launch.at;
          return ofLaunch && startedAt < end.endedAt && endedAt > end.endedAt;
        }),
      );
      return ran.map(({ id }) => `${launch.instanceId} ended as ${end.outcome} while the command ${id} ran`);
    });
  },
};
