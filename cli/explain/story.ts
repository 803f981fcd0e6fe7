import * as v from 'valibot';
import { refusalOf, wasReleased } from '../../domain/act-refusals.ts';
import { phasesOf } from '../../domain/launch-phases.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { asksForRun, operatorActs } from '../../domain/operator-acts.ts';
import { nextCommand, outcomeLink } from '../../domain/outcome-commands.ts';
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
      /** Milliseconds since the launch, or since the run began if it repeats work. */
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
  /** What an operator did with the Node since the latest run. */
  byHand: v.optional(
    v.strictObject({
      act: v.picklist(operatorActs),
      by: v.string(),
      at: v.string(),
      because: v.string(),
      notProven: v.array(v.string()),
    }),
  ),
  /** What happened, why, and what to do now. Empty while the launch is under way. */
  advice: v.strictObject({
    sentence: v.string(),
    cause: v.string(),
    operator: v.string(),
    /** The command that shows the cause on this node; empty if there is nothing to find out. */
    command: v.string(),
    /** The command that tries the launch again once the cause is gone; empty if it cannot be tried again. */
    retry: v.string(),
    /** The page about the outcome, from the root of the project. */
    link: v.string(),
  }),
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

/** The parts of an event's detail that a reader needs: the outcome and the reason, or the state that AWS reports. */
const ReasonSchema = v.object({
  outcome: v.optional(v.string()),
  detail: v.optional(v.string()),
  because: v.optional(v.string()),
  state: v.optional(v.string()),
  status: v.optional(v.string()),
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
    ...byHandIn(last),
    advice: adviceOf(last),
    notChecked: [...notChecked],
  };
}

/** Whether an operator changed the Node after the run. A request for another run changes nothing yet. */
function isChangedByHand({ operatorAct }: RunRecord): boolean {
  return operatorAct !== undefined && !asksForRun(operatorAct);
}

function byHandIn(run: RunRecord): Pick<Story, 'byHand'> {
  if (run.operatorAct === undefined || !isChangedByHand(run)) return {};
  const { act, by, at, because, notProven = [] } = run.operatorAct;
  return { byHand: { act, by, at, because, notProven } };
}

/** What to do after the latest run: about what an operator did since, if that is the last word. */
function adviceOf(run: RunRecord): Story['advice'] {
  const { outcome, operatorAct: act, instanceId, launch } = run;
  if (act !== undefined && isChangedByHand(run)) {
    const { act: name, at, by, because, notProven = [] } = act;
    const open = notProven.length === 0 ? '' : ` Not proven: ${notProven.join('; ')}.`;
    const next = name === 'quarantine' && wasReleased(run) ? 'verify' : 'retry';
    return {
      sentence: `An operator acted by hand at ${at}: ${name}.${open}`,
      cause: `${by} gave the reason: ${because}.`,
      operator: `npx airlock ${next} ${instanceId} proves the node and ends that.`,
      command: '',
      retry: '',
      link: 'docs/operate/recover-a-node.md',
    };
  }
  if (outcome === undefined) return { sentence: '', cause: '', operator: '', command: '', retry: '', link: '' };
  const { sentence, cause, operator } = outcomeOf(outcome);
  return {
    sentence,
    cause,
    operator,
    command: nextCommand(outcome, { instance: instanceId, node: launch?.nodeName ?? '' }) ?? '',
    retry: refusalOf('retry', run) === undefined ? `npx airlock retry ${instanceId}` : '',
    link: outcomeLink(outcome),
  };
}

/** Whether the launch is released, or still under way. */
export function isFine({ runs, byHand }: Story): boolean {
  if (byHand !== undefined) return false;
  const state = runs.at(-1)?.state;
  return state === 'released' || state === 'under way';
}

function shown(run: RunRecord): Story['runs'][number] {
  const { request, refused, failure, receipt, ending, outcome, disposition } = run;
  const installation = receipt?.installation ?? run.installation ?? { onlineAt: run.onlineAt, sentAt: run.sentAt };
  // A run that repeats work begins when it is recorded.
  const begun = run.launchedAt === launchTimeOf(run) ? undefined : (run.recordedAt ?? run.begunAt);
  const points = { ...receipt, launchedAt: begun ?? launchTimeOf(run), installation };
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
  const { outcome, detail: text, because, request, state, status } = v.is(ReasonSchema, detail) ? detail : {};
  if (because !== undefined) return because;
  if (state !== undefined || status !== undefined) return state ?? status ?? '';
  if (outcome !== undefined) return text === undefined || text === '' ? outcome : `${outcome}: ${text}`;
  return request === undefined ? '' : `${request.runtime}@${request.version}`;
}
