import { incidentDetail } from '../../domain/incident-message.ts';
import { decideNotices, type EndedRun, type RetriedPool } from '../../domain/incidents.ts';
import { publish } from '../adapters/bus.ts';
import { lambdaVariable, variable } from '../adapters/environment.ts';
import { readIncidents, recordIncident } from '../adapters/incidents.ts';

const docs = variable('DOCS_URL');

/**
 * Publishes what people should know about nodes that failed alike. It publishes first and records second: a call that
 * dies in between publishes again.
 *
 * @param runs how the latest runs of the fleet ended
 * @param retried the pools in which nodes that failed are tried again
 * @param complete whether these are all: only then an incident can be over
 * @returns how many events were published
 */
export async function reportIncidents(
  runs: readonly EndedRun[],
  retried: readonly RetriedPool[],
  complete: boolean,
): Promise<number> {
  const decided = decideNotices(runs, retried, await readIncidents(), Date.now());
  const notices = complete ? decided.notices : decided.notices.filter(({ type }) => type !== 'Incident Closed');
  for (const notice of notices) {
    await publish([
      { type: notice.type, detail: incidentDetail(notice, { docs, region: lambdaVariable('AWS_REGION') }) },
    ]);
    await recordIncident(notice.incident);
  }
  for (const incident of decided.silent) await recordIncident(incident);
  return notices.length;
}
