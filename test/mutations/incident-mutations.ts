import { type GuardMutation, of } from './guard.ts';

const alarms = of('lib/alarm-table.ts', 'test/lib/alarms.test.ts');
const incidents = of('domain/incidents.ts', 'test/domain/incidents.test.ts');
const messages = of('domain/incident-message.ts', 'test/domain/incidents.test.ts');

/** Mistakes in alarms and incidents. */
export const incidentMutations: readonly GuardMutation[] = [
  incidents('runs that operators stopped are an incident', 'hasFailed', "$OUTCOME !== 'closed-by-operator'", 'true'),
  alarms('an alarm watches another metric', 'definitions', "metric: 'EventMissed'", "metric: 'NodeOutdated'"),
  alarms('an alarm has a threshold that is too high', 'definitions', '50', '500'),
  alarms('a reconcile that never runs is good news', 'definitions', "'fires'", "'quiet'"),
  alarms('a doctor that never runs is good news', 'doctorAlarm', "'fires'", "'quiet'"),
  alarms('the release rate fires above its target', 'alarmTable', "'below'", "'above'"),
  incidents('a run publishes every incident at once', 'bounded', '$SORTED.slice(0, mostNotices)', '$SORTED'),
  incidents('an incident without a separate message is lost', 'bounded', '$MORE.map(({ incident }) => incident)', '[]'),
  incidents(
    'an incident is over while its node is tried again',
    'closing',
    '$RETRIED.some(({ cluster, pool }) => cluster === $I.cluster && pool === $I.pool)',
    'false',
  ),
  incidents('an incident is over while its node is held', 'closing', 'released && !isHeld', 'released'),
  incidents('an incident forgets when a node failed last', 'decideNotices', '$LAST !== $INCIDENT.lastAt', 'false'),
  incidents('a growing incident is reported with every run', 'growth', 'if (!$DUE) return undefined;'),
  incidents(
    'a release of another pool ends an incident',
    'closing',
    'cluster === incident.cluster && pool === incident.pool && endedAt > lastAt',
    'cluster === incident.cluster && endedAt > lastAt',
  ),
  messages('a claim keeps its mentions', 'quoteClaim', "'('", "'<'"),
];
