import * as v from 'valibot';
import { phasesOf } from '../../domain/launch-phases.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { outcomeOf } from '../../domain/outcomes.ts';
import { decisionsOf } from './decisions.ts';
import { factsOf } from './facts.ts';
import { consoleLinks, type Deployment } from './links.ts';

const PhaseSchema = v.strictObject({ name: v.string(), atMs: v.number(), tookMs: v.number() });

/** What `airlock explain --json` prints. */
export const StorySchema = v.strictObject({
  version: v.literal(1),
  instanceId: v.string(),
  nodeName: v.string(),
  cluster: v.string(),
  pool: v.string(),
  launchedAt: v.string(),
  /** In their order; the first is the launch's, later ones repeat work on it. */
  runs: v.array(
    v.strictObject({
      /** What the instance asked for, `<runtime>@<version>`; empty if it asked for nothing that is configured. */
      request: v.string(),
      /** `under way`, or how it ended. */
      state: v.string(),
      outcome: v.string(),
      detail: v.string(),
      /** What was decided about a node that failed; empty otherwise. */
      disposition: v.string(),
      /** Milliseconds since the launch. */
      phases: v.array(PhaseSchema),
      decisions: v.array(v.strictObject({ at: v.string(), what: v.string(), why: v.string() })),
      /** What is known of the node and its runtime, by name. */
      facts: v.record(v.string(), v.string()),
      /** The receipt of its end; absent before it. */
      receipt: v.optional(v.record(v.string(), v.unknown())),
    }),
  ),
  /** Airlock's events about the launch, from the audit log group. */
  events: v.array(v.strictObject({ at: v.string(), type: v.string(), text: v.string() })),
  /** To AWS's consoles. */
  links: v.array(v.strictObject({ name: v.string(), url: v.string() })),
  /** What happened, why, and what to do now. Empty while the launch is under way. */
  advice: v.strictObject({ sentence: v.string(), cause: v.string(), operator: v.string() }),
  /** What could not be looked at. */
  notChecked: v.array(v.strictObject({ resource: v.string(), reason: v.string() })),
});

/** The story of one launch. */
export type Story = v.InferOutput<typeof StorySchema>;

/** One event of the audit log group. */
export interface AuditEvent {
  readonly time: string;
  readonly type: string;
  readonly detail: unknown;
}

/** The parts of an event's detail that a reader needs: the outcome and the reason. */
const ReasonSchema = v.object({
  outcome: v.optional(v.string()),
  detail: v.optional(v.string()),
  because: v.optional(v.string()),
  request: v.optional(v.object({ runtime: v.string(), version: v.string() })),
});

/**
 * Tells one launch from what the ledger and the audit log group have of it.
 *
 * @param runs all runs of one launch, at least one
 */
export function storyOf(
  runs: readonly RunRecord[],
  audit: readonly AuditEvent[],
  { notChecked, deployment }: { readonly notChecked: Story['notChecked']; readonly deployment: Deployment },
): Story {
  const ordered = runs.toSorted((one, other) => (one.launchedAt < other.launchedAt ? -1 : 1));
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (first === undefined || last === undefined) throw new Error('a story needs a run');
  const advice = last.outcome === undefined ? undefined : outcomeOf(last.outcome);
  return {
    version: 1,
    instanceId: first.instanceId,
    nodeName: first.launch?.nodeName ?? '',
    cluster: first.cluster,
    pool: first.pool,
    launchedAt: launchTimeOf(first),
    runs: ordered.map(shown),
    events: audit.map(({ time, type, detail }) => ({ at: time, type, text: reasonIn(detail) })),
    links: [...consoleLinks(ordered, deployment, launchTimeOf(first))],
    advice: {
      sentence: advice?.sentence ?? '',
      cause: advice?.cause ?? '',
      operator: advice?.operator ?? '',
    },
    notChecked: [...notChecked],
  };
}

/** Whether the launch is released, or still under way. */
export function isFine({ runs }: Story): boolean {
  const state = runs.at(-1)?.state;
  return state === 'released' || state === 'under way';
}

function shown(run: RunRecord): Story['runs'][number] {
  const { request, refused, failure, receipt, ending, outcome, disposition } = run;
  const installation = receipt?.installation ?? run.installation ?? { onlineAt: run.onlineAt, sentAt: run.sentAt };
  const points = { launchedAt: launchTimeOf(run), ...receipt, installation };
  return {
    request: request === undefined ? '' : `${request.runtime}@${request.version}`,
    state: ending ?? 'under way',
    outcome: outcome ?? failure?.outcome ?? refused?.outcome ?? '',
    detail: receipt?.detail ?? failure?.detail ?? refused?.detail ?? '',
    disposition: disposition ?? '',
    phases: phasesOf(points).map((phase) => ({ ...phase })),
    decisions: [...decisionsOf(run)],
    facts: factsOf(run),
    ...(receipt === undefined ? {} : { receipt }),
  };
}

function reasonIn(detail: unknown): string {
  const { outcome, detail: text, because, request } = v.is(ReasonSchema, detail) ? detail : {};
  if (because !== undefined) return because;
  if (outcome !== undefined) return text === undefined || text === '' ? outcome : `${outcome}: ${text}`;
  return request === undefined ? '' : `${request.runtime}@${request.version}`;
}
