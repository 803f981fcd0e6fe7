import { claimText } from './claim-text.ts';
import type { EventDetails } from './event-schema.ts';
import { incidentName, type Notice } from './incidents.ts';
import { outcomeOf } from './outcomes.ts';

/** The detail of an incident's event, before its publisher stamps it. */
type IncidentDetail = Omit<EventDetails['Incident Opened'], 'schema' | 'actor'>;

/** What an incident's event says to people. Each text is one line, and the title has at most 100 characters. */
export type IncidentText = IncidentDetail['text'];

const titleLimit = 100;
const claimInText = 300;

/** A key for deduplication in PagerDuty has at most 255 characters. */
const nameLimit = 200;

/**
 * A claim as a message shows it: printable ASCII without what a chat or a mail reads as markup, a link or a mention.
 * `<!channel>` becomes
 * `(!channel)`.
 * Source: Slack, "Formatting text for app surfaces"; EventBridge User Guide, "Input transformation", for quotes and
 * backslashes.
 */
export function quoteClaim(text: string, limit = claimInText): string {
  return claimText(text, limit)
    .replaceAll('<', '(')
    .replaceAll('>', ')')
    .replaceAll('@', '(at)')
    .replaceAll('&', '+')
    .replaceAll(/["`]/g, "'")
    .replaceAll('\\', '/')
    .replaceAll(/[*_~|[\]]/g, ' ')
    .replaceAll(/:\/\//g, ': //');
}

/** Where the consoles of a region are. */
function consoleOf(region: string): string {
  const domain = region.startsWith('cn-')
    ? 'console.amazonaws.cn'
    : region.startsWith('us-gov-')
      ? 'console.amazonaws-us-gov.com'
      : 'console.aws.amazon.com';
  return `https://${region}.${domain}`;
}

/**
 * Writes what people read about an incident: what happened, how many, where, why, and what to do now.
 *
 * @param docs the address that the documentation's paths follow, with a slash at its end; empty for the bare path
 * @param region the region of the stack
 */
export function incidentText(
  { type, incident, example, released, more }: Notice,
  { docs, region }: { readonly docs: string; readonly region: string },
): IncidentText {
  const { cluster, outcome, nodes, since, lastAt } = incident;
  const pool = quoteClaim(incident.pool, 80);
  const { sentence, operator } = outcomeOf(outcome);
  const many = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  const isOver = type === 'Incident Closed';
  const title = isOver
    ? `Airlock: over: ${outcome} in ${cluster}/${pool}`
    : `Airlock: ${many} failed: ${outcome} in ${cluster}/${pool}`;
  const version = example?.version === undefined ? '' : `, ${quoteClaim(example.version.replace('@', ' '), 120)}`;
  const what = isOver
    ? `${many} failed from ${since} to ${lastAt}. ${released ? 'A node of the pool was released since.' : 'No node of the pool failed like this for six hours, and none was released either.'}`
    : `${many} failed since ${since}: ${sentence}`;
  const others =
    more === undefined
      ? ''
      : ` And ${more} more incidents began that have no message: npx airlock status lists the nodes.`;
  const look = example === undefined ? 'npx airlock status' : `npx airlock explain ${example.instanceId}`;
  const console = consoleOf(region);
  const page =
    example === undefined
      ? `cloudwatch/home?region=${region}#dashboards:`
      : `ec2/home?region=${region}#InstanceDetails:instanceId=${example.instanceId}`;
  return {
    title: title.slice(0, titleLimit),
    what: `${what}${others}`,
    where: `cluster ${cluster}, pool ${pool}${version}`,
    why: example === undefined || example.detail === '' ? outcomeOf(outcome).cause : quoteClaim(example.detail),
    consequence: isOver ? 'Nothing more is reported.' : consequenceOf(example?.ending),
    see: isOver ? 'npx airlock status shows the nodes that are still behind their gates.' : `See: ${look}`,
    todo: isOver ? 'npx airlock breaker shows whether a breaker is open.' : `Do: ${plainQuotes(operator)}`,
    over: isOver ? 'It is over.' : 'A message follows when nodes of the pool are released again.',
    runbook: `${docs}docs/operate/outcomes.md#${outcome}`,
    console: `${console}/${page}`,
  };
}

function consequenceOf(ending: string | undefined): string {
  if (ending === 'replaced') return 'The instances were terminated, and others are launched in their place.';
  if (ending === 'held')
    return 'The breaker is open: the nodes stay behind their gates, and new ones are tried one at a time.';
  return 'The nodes stay behind their gates, and no pod lands on them.';
}

/** A text for an input template, which quotes each line. */
function plainQuotes(text: string): string {
  return text.replaceAll('"', "'").replaceAll('\\', '/');
}

/** Builds the detail of an incident's event. */
export function incidentDetail(
  notice: Notice,
  place: { readonly docs: string; readonly region: string },
): IncidentDetail {
  const { cluster, pool, outcome, since, lastAt, nodes, reportedAt } = notice.incident;
  const example = notice.example === undefined ? {} : { example: notice.example.instanceId };
  const name = quoteClaim(incidentName(notice.incident), nameLimit);
  return {
    incident: { name, cluster, pool, outcome, since, lastAt, nodes, ...example },
    text: incidentText(notice, place),
    at: reportedAt,
    next: notice.type === 'Incident Closed' ? 'nothing' : 'operator',
  };
}
