import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { type Incident, incidentChanges, incidentKey, incidentsPartition } from '../../domain/incidents.ts';
import { expiryOf } from '../../domain/ledger.ts';
import { outcomeCodes } from '../../domain/outcomes.ts';
import { TimeSchema } from '../../domain/time.ts';
import { client, table, updateItem } from './table.ts';

const IncidentSchema = v.object({
  cluster: v.string(),
  pool: v.string(),
  outcome: v.picklist(outcomeCodes),
  since: TimeSchema,
  lastAt: TimeSchema,
  nodes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  reportedAt: TimeSchema,
  closedAt: v.optional(TimeSchema),
});

/** Reads the incidents of the last 90 days, open and closed, with strong consistency. */
export async function readIncidents(): Promise<readonly Incident[]> {
  const pages = paginateQuery(
    { client },
    {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'instanceId = :partition',
      ExpressionAttributeValues: { ':partition': incidentsPartition },
    },
  );
  const found: Incident[] = [];
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      const read = v.safeParse(IncidentSchema, item);
      if (read.success) found.push(read.output);
    }
  }
  return found;
}

/** Records what was published about an incident. */
export async function recordIncident(incident: Incident): Promise<void> {
  const { cluster, pool, outcome, since, lastAt, nodes, reportedAt, closedAt } = incident;
  const values = { cluster, pool, outcome, since, lastAt, nodes, reportedAt, closedAt };
  await updateItem(incidentKey(incident), incidentChanges.recordIncident, {
    ...values,
    expiresAt: expiryOf(reportedAt),
  });
}
