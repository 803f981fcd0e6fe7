import type { RunRecord } from '../../domain/ledger.ts';

/** A link to a console of AWS. */
export interface ConsoleLink {
  readonly name: string;
  readonly url: string;
}

/**
 * The host of the console, by partition. Source: AWS Management Console User Guide, and the guides of the partitions.
 */
const hosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** The time from a launch on whose events the query shows, in milliseconds: a day. */
const shownMs = 24 * 3_600_000;

/** What links need to know about the deployed stack. */
export interface Deployment {
  /** The state machine's ARN. */
  readonly stateMachine: string;
  /** The audit log group. */
  readonly group: string;
}

/**
 * Links to what AWS's consoles show of a launch: its instance, its executions, its command, and the query for its
 * events.
 *
 * @param runs all runs of one launch
 * @returns none if the state machine's ARN is in a partition whose console is not known
 */
export function consoleLinks(
  runs: readonly RunRecord[],
  { stateMachine, group }: Deployment,
  launchedAt: string,
): readonly ConsoleLink[] {
  const [, partition = '', , region = '', account = '', , name = ''] = stateMachine.split(':');
  const [first] = runs;
  const host = hosts[partition];
  if (host === undefined || first === undefined) return [];
  const { instanceId } = first;
  const at = (service: string) => `https://${region}.${host}/${service}/home?region=${encodeURIComponent(region)}`;
  const executions = runs.flatMap(({ execution, endExecution }) => [execution ?? [], endExecution ?? []].flat());
  const commands = [...new Set(runs.flatMap(({ commandId }) => commandId ?? []))];
  return [
    {
      name: `instance ${instanceId}`,
      url: `${at('ec2')}#InstanceDetails:instanceId=${encodeURIComponent(instanceId)}`,
    },
    ...executions.map((execution) => {
      const arn = `arn:${partition}:states:${region}:${account}:execution:${name}:${execution}`;
      return {
        name: `execution ${execution}`,
        url: `${at('states')}#/v2/executions/details/${encodeURIComponent(arn)}`,
      };
    }),
    ...commands.map((command) => ({
      name: `command ${command}`,
      url: `https://${region}.${host}/systems-manager/run-command/${encodeURIComponent(command)}/${encodeURIComponent(instanceId)}?region=${encodeURIComponent(region)}`,
    })),
    {
      name: 'its events in the audit log group',
      url: `${at('cloudwatch')}#${queryFragment(group, instanceId, launchedAt)}`,
    },
  ];
}

/**
 * The fragment with which Logs Insights opens a query. The console's own notation: an object is `~(key~value)`, a text
 * begins with `'`, and each character except letters, digits, `.`, `_` and `-` is `*` with two hexadecimal digits.
 */
function queryFragment(group: string, instanceId: string, launchedAt: string): string {
  const query = [
    'fields time, `detail-type`, coalesce(detail.outcome, detail.failure.outcome) as outcome, coalesce(detail.detail, detail.failure.detail) as reason',
    `filter @message like "${instanceId}"`,
    'sort time asc',
  ].join('\n| ');
  const text = (value: string) =>
    `'${value.replaceAll(/[^A-Za-z0-9._-]/g, (character) => `*${character.charCodeAt(0).toString(16).padStart(2, '0')}`)}`;
  const end = new Date(Date.parse(launchedAt) + shownMs).toISOString();
  const times = `end~${text(end)}~start~${text(launchedAt)}~timeType~'ABSOLUTE~tz~'UTC`;
  return `logsV2:logs-insights$3FqueryDetail$3D~(${times}~editorString~${text(query)}~source~(~${text(group)}))`;
}
