import { Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DetailType } from '../domain/event-schema.ts';
import { errorLines } from './airlock-function.ts';

/** What the queries read. */
export interface QueriesProps {
  readonly audit: ILogGroup;
  /** The functions of the stack, and of each cluster, by name. */
  readonly functions: Readonly<Record<string, Readonly<Record<string, LambdaFunction>>>>;
}

const typed = (...types: readonly DetailType[]) => `filter \`detail-type\` in ${JSON.stringify(types)}`;
const failures = typed('Node Quarantined', 'Node Replaced', 'Node Held', 'Reverification Failed');

/** The questions about launches that the audit trail answers, by the question. Each line of a query is one command. */
const auditQueries: Readonly<Record<string, readonly string[]>> = {
  // The id is to be put in by the person who asks.
  'Why is a node gated': [
    'fields time, `detail-type`, detail.outcome as outcome, coalesce(detail.detail, detail.because) as reason, detail.next',
    'filter detail.instanceId = "i-0123456789abcdef0"',
    'sort time asc',
  ],
  'What failed, by outcome': [
    failures,
    'stats count(*) as nodes, latest(detail.detail) as example by detail.outcome, detail.cluster, detail.pool',
    'sort nodes desc',
  ],
  'Nodes that were not released': [
    failures,
    'fields time, `detail-type`, detail.cluster, detail.pool, detail.instanceId, detail.outcome, detail.detail, detail.gate',
    'sort time desc',
    'limit 100',
  ],
  'Slowest launches': [
    typed('Node Released'),
    'fields detail.totalMs / 1000 as seconds, detail.instanceId, detail.cluster, detail.pool, detail.installation.runtime, detail.installation.version, detail.installation.onlineAt, detail.installation.settledAt, detail.readyAt, detail.endedAt',
    'sort seconds desc',
    'limit 20',
  ],
  'Release times by pool and version': [
    typed('Node Released'),
    'stats count(*) as nodes, pct(detail.totalMs, 50) as p50, pct(detail.totalMs, 95) as p95, max(detail.totalMs) as slowest by detail.cluster, detail.pool, detail.installation.runtime, detail.installation.version',
    'sort p95 desc',
  ],
  'Launches by hour': [
    typed('Node Admitted'),
    'stats count(*) as launches by bin(1h) as hour, detail.cluster, detail.pool',
    'sort hour desc',
  ],
  'Breakers that opened and closed': [
    typed('Breaker Opened', 'Breaker Closed'),
    'fields time, `detail-type`, detail.cluster, detail.pool, detail.version, detail.failed, detail.passed, detail.actor.kind',
    'sort time desc',
  ],
  'Incidents, and what people were told': [
    typed('Incident Opened', 'Incident Grew', 'Incident Closed'),
    'fields time, `detail-type`, detail.incident.name, detail.incident.nodes, detail.text.what, detail.text.why',
    'sort time desc',
  ],
  'What operators did': [
    typed('Operator Acted', 'Breaker Closed'),
    'fields time, `detail-type`, detail.actor.name, detail.command, detail.because, detail.cluster, detail.pool, detail.instanceId',
    'sort time desc',
  ],
  'Nodes that drifted': [
    typed('Node Reverified', 'Reverification Failed'),
    'fields time, `detail-type`, detail.cluster, detail.pool, detail.instanceId, detail.outcome, detail.detail, detail.gate',
    'sort time desc',
  ],
  'Nodes with an older version': [
    typed('Node Outdated'),
    'stats count(*) as nodes, latest(time) as last by detail.cluster, detail.pool, detail.version, detail.configured',
    'sort nodes desc',
  ],
};

/** Errors that a function logged, and those that Lambda wrote about it. */
const errorQuery = [
  `filter level = "ERROR" or @message like /${errorLines.join('|')}/`,
  'fields @timestamp, @log, service, message, error.name, error.message, @message',
  'sort @timestamp desc',
  'limit 100',
];

/** Saved queries of Logs Insights for the questions that people ask, in a folder of the stack's name. */
export class Queries extends Construct {
  constructor(scope: Construct, id: string, { audit, functions }: QueriesProps) {
    super(scope, id);
    const folder = Stack.of(this).stackName;
    const add = (name: string, lines: readonly string[], groups: readonly ILogGroup[]) =>
      new CfnQueryDefinition(this, name.replaceAll(/\W/g, ''), {
        name: `${folder}/${name}`,
        queryString: lines.join('\n| '),
        logGroupNames: groups.map(({ logGroupName }) => logGroupName),
      });
    for (const [name, lines] of Object.entries(auditQueries)) add(name, lines, [audit]);
    for (const [name, ofPlace] of Object.entries(functions)) {
      add(
        `Errors of functions: ${name}`,
        errorQuery,
        Object.values(ofPlace).map((one) => one.logGroup),
      );
    }
  }
}
