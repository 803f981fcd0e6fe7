import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { launchTimeOf } from '../../domain/ledger.ts';
import { writePage } from '../html/page.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { print } from '../output/text.ts';
import { deployedResources, resourceLike } from '../verify-aws/stack.ts';
import { printStory } from './print.ts';
import { type LaunchSource, readRuns, readTrail, runsInTrail } from './read-launch.ts';
import { isFine, type Story, StorySchema, storyOf } from './story.ts';

/** What `airlock explain` is asked for. */
export interface ExplainOptions {
  readonly json: boolean;
  /** The file that the page is written to. */
  readonly html?: string;
}

/** `airlock explain`: the story of one launch. A launch that failed or is not there counts as a finding. */
export async function explain(name: string, { json, html }: ExplainOptions): Promise<ExitCode> {
  const story = await findStory(await deployedSource(), name);
  if (story === undefined) {
    const reasons =
      'its tag, its instance profile or its cluster is not one of airlock.yaml, or its node is gone for about 90 days';
    process.stderr.write(`Airlock has no launch of ${name}: ${reasons}\n`);
    return exitCodes.findings;
  }
  if (html !== undefined) {
    // The libraries that draw charts take a quarter of a second to load.
    const { storyPage } = await import('./page.ts');
    writePage(html, storyPage(story, new Date().toISOString()));
  }
  if (json) printJson(StorySchema, story);
  else printStory(story);
  if (html !== undefined && !json) print(`\nwrote ${html}`);
  if (story.notChecked.length > 0) return exitCodes.couldNotLook;
  return isFine(story) ? exitCodes.fine : exitCodes.findings;
}

/** The ledger and the audit trail of the deployed stack. @throws the SDK's error if there is no such stack */
export async function deployedSource(): Promise<LaunchSource> {
  const resources = await deployedResources();
  return {
    dynamoDb: new DynamoDBClient(),
    logs: new CloudWatchLogsClient(),
    table: resourceLike(resources, 'AWS::DynamoDB::Table', 'Ledger').physicalId,
    group: resourceLike(resources, 'AWS::Logs::LogGroup', 'Audit').physicalId,
    stateMachine: resourceLike(resources, 'AWS::StepFunctions::StateMachine').physicalId,
  };
}

/**
 * The story of the latest launch of an instance or a node, from the ledger, or from the audit trail if the ledger has
 * forgotten it; undefined if neither has it.
 */
export async function findStory(source: LaunchSource, name: string): Promise<Story | undefined> {
  const runs = await readRuns(source, name);
  const [run] = runs;
  if (run === undefined) return forgottenStory(source, name);
  try {
    const trail = await readTrail(source, run.instanceId, launchTimeOf(run));
    return storyOf(runs, trail, { notChecked: [], deployment: source });
  } catch (error) {
    const missed = { resource: `the audit log group ${source.group}`, reason: (error as Error).message };
    return storyOf(runs, [], { notChecked: [missed], deployment: source });
  }
}

/** The story of a launch that only the audit trail has. Events of AWS name the instance, and not the node. */
async function forgottenStory(source: LaunchSource, name: string): Promise<Story | undefined> {
  const [first] = runsInTrail(await readTrail(source, name), name);
  if (first === undefined) return undefined;
  const trail = await readTrail(source, first.instanceId, launchTimeOf(first));
  return storyOf(runsInTrail(trail, first.instanceId), trail, { notChecked: [], deployment: source });
}
