import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isAffected } from '../../domain/advisories.ts';
import { loadSettings, type Settings } from '../../lib/config/settings.ts';
import { writePage } from '../html/page.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { print } from '../output/text.ts';
import { deployedResources, resourceLike } from '../verify-aws/stack.ts';
import { printReport } from './print.ts';
import { readPeriod } from './read.ts';
import { ReportSchema } from './schema.ts';
import { type AdvisoriesOf, summarize } from './summarize.ts';

/** A report reads a ledger of any size, so it waits when AWS throttles. */
const maxAttempts = 10;

/** What `airlock report` is asked for. */
export interface ReportOptions {
  /** How far to look back, in milliseconds. */
  readonly since: number;
  readonly json: boolean;
  /** The file that the page is written to. */
  readonly html?: string;
  readonly config?: string;
}

/** `airlock report`: what happened in a period. Failures in it are history and no finding. */
export async function report({ since, json, html, config }: ReportOptions): Promise<ExitCode> {
  const { catalogue } = loadSettings({ config });
  const resources = await deployedResources();
  const source = {
    dynamoDb: new DynamoDBClient({ maxAttempts }),
    logs: new CloudWatchLogsClient({ maxAttempts }),
    table: resourceLike(resources, 'AWS::DynamoDB::Table', 'Ledger').physicalId,
    group: resourceLike(resources, 'AWS::Logs::LogGroup', 'Audit').physicalId,
  };
  const until = Date.now();
  const period = { since: until - since, until };
  const summary = summarize(await readPeriod(source, period), period, advisoriesIn(catalogue));
  if (html !== undefined) {
    // The libraries that draw charts take a quarter of a second to load.
    const { reportPage } = await import('./page.ts');
    writePage(html, reportPage(summary));
  }
  if (json) printJson(ReportSchema, summary);
  else printReport(summary);
  if (html !== undefined && !json) print(`\nwrote ${html}`);
  return summary.notChecked.length > 0 ? exitCodes.couldNotLook : exitCodes.fine;
}

/** The advisories that affect versions, by a catalogue. */
export function advisoriesIn(catalogue: Settings['catalogue']): AdvisoriesOf {
  return ({ runtime, version }) =>
    (catalogue.runtimes[runtime]?.advisories ?? [])
      .filter((advisory) => isAffected(advisory, version))
      .map(({ id, summary: reason, link }) => ({ id, reason, link }));
}
