import * as v from 'valibot';
import { joinFacts } from '../../cli/advisories/closing.ts';
import { factsIn } from '../../cli/advisories/closing-read.ts';
import { type ClosingNode, closeAdvisory } from '../../domain/closing-report.ts';
import { terminationStates } from '../../domain/events.ts';
import { listExposures } from '../../domain/exposure.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import { type Survey, SurveySchema } from '../../domain/survey.ts';
import type { Settings } from '../../lib/config/settings.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { hasFix, type MonthAdvisory, monthStart } from './calendar.ts';
import type { TrueNode, Truth } from './truth.ts';

/**
 * How far the end of an exposure in the report may be from the truth, in milliseconds. The report takes the proof of
 * the fix for its end, and the gate returns a run before that. It may not be too early except by the jitter of clocks.
 */
const apart = { early: 15_000, late: 25 * 60_000 };

/** What a closing report has, and how it differs from the truth. */
export interface Closed {
  readonly id: string;
  /** How many launches it names. */
  readonly nodes: number;
  readonly left: number;
  readonly differences: readonly string[];
}

/** Makes the closing reports of advisories from the ledger, the surveys and the trail, and compares them with the truth. */
export async function closeMonth(
  world: Simulation,
  truth: Truth,
  settings: Pick<Settings, 'config' | 'catalogue'>,
  advisories: readonly MonthAdvisory[],
): Promise<readonly Closed[]> {
  const table = world.cloud.resources.find(({ type }) => type === 'AWS::DynamoDB::Table')?.ref ?? '';
  const items = await world.services.dynamoDb.items(table);
  const runs = items
    .flatMap((item) => parseRunRecord(plain(item)) ?? [])
    .filter(({ instanceId }) => instanceId.startsWith('i-'));
  const reading = {
    ...{ runs, breakers: [], notChecked: [] },
    surveys: new Map([['demo', await surveyNodes(world)]]),
  };
  const trail = factsIn(world.trail());
  const now = world.clock.now();
  const running = new Map(
    world.services.ec2
      .all()
      .filter(({ state }) => !terminationStates.includes(state))
      .map(({ id, launchTime }) => [id, new Date(launchTime).toISOString()]),
  );
  return advisories.map((one) => {
    const found = listExposures([], settings.catalogue).find(({ advisory }) => advisory.id === one.id);
    if (found === undefined) throw new Error(`the catalogue has no advisory ${one.id}`);
    const input = joinFacts({ ...found, reading, trail, settings, keys: [], now });
    const nodes = closeAdvisory({ ...input, running });
    const reported = nodes.filter(({ exposed }) => exposed.length > 0);
    const left = nodes.filter((node) => node.left !== '');
    const differences = [
      ...compare(reported, truth, one),
      ...left.map((node) => `${node.instanceId} is left: ${node.left}`),
    ];
    return { id: one.id, nodes: reported.length, left: left.length, differences };
  });
}

/** How the nodes of a report differ from those that really were exposed. */
function compare(reported: readonly ClosingNode[], truth: Truth, advisory: MonthAdvisory): readonly string[] {
  const exposed = new Map<string, number | undefined>();
  for (const [id, node] of truth.nodes) {
    const until = exposedUntil(node, advisory, monthStart + advisory.publishedAt);
    if (until !== 'never') exposed.set(id, until);
  }
  const wrong = reported.flatMap(({ instanceId, exposed: spans }) => {
    if (!exposed.has(instanceId)) return [`${instanceId} is reported, and was not exposed`];
    const is = exposed.get(instanceId);
    const until = spans.at(-1)?.until;
    return isApart(until, is) ? [`${instanceId} was exposed until ${shown(is)}, not ${until ?? 'now'}`] : [];
  });
  const named = new Set(reported.map(({ instanceId }) => instanceId));
  const missing = [...exposed.keys()].filter((id) => !named.has(id));
  return [...wrong, ...missing.map((id) => `${id} was exposed, and is not reported`)];
}

const shown = (at: number | undefined) => (at === undefined ? 'now' : new Date(at).toISOString());

function isApart(reported: string | undefined, is: number | undefined): boolean {
  if (reported === undefined || is === undefined) return (reported === undefined) !== (is === undefined);
  const late = Date.parse(reported) - is;
  return late < -apart.early || late > apart.late;
}

/** When a node's exposure to an advisory ended; `never` if it had none since the publication. */
function exposedUntil({ pool, spans }: TrueNode, advisory: MonthAdvisory, from: number): number | undefined | 'never' {
  if (pool.runtime !== advisory.runtime) return 'never';
  const own = spans.filter(({ version, until }) => !hasFix(advisory, version) && (until ?? from) >= from);
  return own.length === 0 ? 'never' : own.at(-1)?.until;
}

/** A stored item with plain values. */
function plain(item: Readonly<Record<string, object>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => {
      const [[type, inner] = []] = Object.entries(value);
      return [name, type === 'N' ? Number(inner) : inner];
    }),
  );
}

/** What a survey of the cluster shows, read through its function. */
async function surveyNodes(world: Simulation): Promise<Survey['nodes']> {
  const name = world.cloud.resource('Cluster-demo/Cluster/Function/Resource').ref;
  const nodes: Survey['nodes'][number][] = [];
  let next: string | undefined;
  do {
    const call = JSON.stringify({ action: 'survey', ...(next === undefined ? {} : { next }) });
    let answer: string | undefined;
    void world.cloud.lambda.invoke(name, call, 'RequestResponse').then(({ payload }) => {
      answer = payload;
    });
    if (world.clock instanceof VirtualClock) await world.clock.run(() => answer !== undefined);
    const page = v.parse(SurveySchema, JSON.parse(answer ?? 'null'));
    nodes.push(...page.nodes);
    next = page.next;
  } while (next !== undefined);
  return nodes;
}
