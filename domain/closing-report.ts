import type { Advisory, Exposure } from './advisories.ts';
import { exposeNode, type FleetNode, type NodeExposure, oldSandboxes, whyUnknown } from './exposure.ts';
import { launchTimeOf, type RunRecord } from './ledger.ts';

/**
 * A time during which a node took pods with an affected version, or with one that is not known. Without an end it still
 * does.
 */
export interface ExposedSpan {
  readonly from: string;
  readonly until?: string;
}

/**
 * The signature of a receipt. `unchecked`: there is one, and no key was given to check it. `wrong`: it does not hold,
 * or the receipt under it is not the one in the ledger.
 */
export interface Signature {
  readonly state: 'verified' | 'unchecked' | 'absent' | 'wrong';
  /** The SHA-256 of the signed payload; empty without a signature. */
  readonly digest: string;
  /** What is wrong; empty otherwise. */
  readonly detail: string;
}

/** The proof that a node runs a version with the fix: the run that released it. */
export interface FixProof {
  readonly at: string;
  readonly version: string;
  /** The number of the run in its launch; 0 is the first. */
  readonly run: number;
  /** The execution that wrote the end. */
  readonly endedBy: string;
  readonly signature: Signature;
}

/** How a node stands now; `gone`: its cluster has no Node of the launch any more. */
export type ClosingState = NodeExposure | 'gone';

/** One launch in a closing report. */
export interface ClosingNode {
  readonly cluster: string;
  readonly pool: string;
  readonly instanceId: string;
  readonly nodeName: string;
  /** Empty for a Node that the ledger and the audit trail have no launch of. */
  readonly launchedAt: string;
  readonly state: ClosingState;
  /** The version that was proven last; empty if none was. */
  readonly version: string;
  readonly exposed: readonly ExposedSpan[];
  /** The affected versions that sandboxes there still ran from when they were last counted; absent without any. */
  readonly affectedSandboxes?: readonly string[];
  readonly proof?: FixProof;
  /** Why the node is not done; empty if it is. */
  readonly left: string;
}

/** What a closing report is made from. */
export interface ClosingInput {
  readonly runtime: string;
  readonly advisory: Advisory;
  /** Every known run, of launches that are gone too. */
  readonly runs: readonly RunRecord[];
  /** The nodes as they are now. */
  readonly nodes: readonly FleetNode[];
  /** The clusters whose Nodes are known. A launch elsewhere is not gone because it has no Node here. */
  readonly surveyed: ReadonlySet<string>;
  /**
   * When the audit trail has that an instance stops or goes away, by its ID, in order. A stopped instance that starts
   * again is another launch. A line of the trail can be forged, so alone it never closes a launch.
   */
  readonly terminated: ReadonlyMap<string, readonly string[]>;
  /**
   * The launch times, ISO 8601, of the instances of {@link listUnseen} that EC2 itself shows and that neither stop nor go
   * away, by their IDs; undefined if EC2 could not be asked.
   */
  readonly running: ReadonlyMap<string, string> | undefined;
  /** How a node stood to the advisory with what a run proved on it. */
  readonly exposureOf: (run: RunRecord) => Exposure;
  readonly signatureOf: (run: RunRecord) => Signature;
}

/** The instances of launches without a Node: EC2 is asked whether they run before one counts as gone. */
export function listUnseen({
  runs,
  nodes,
  runtime,
}: Pick<ClosingInput, 'runs' | 'nodes' | 'runtime'>): readonly string[] {
  const seen = new Set(nodes.map(({ instanceId }) => instanceId));
  const own = runs.filter(({ instanceId, request }) => request?.runtime === runtime && !seen.has(instanceId));
  return [...new Set(own.map(({ instanceId }) => instanceId))];
}

/**
 * Closes an advisory: for each node that took pods since it was published, when it was exposed, when it was fixed and
 * which proof says so. What is not known stays open.
 *
 * @returns the nodes that are left first, then by their launches
 */
export function closeAdvisory(input: ClosingInput): readonly ClosingNode[] {
  const own = input.nodes.filter(({ runtime }) => runtime === input.runtime || runtime === '');
  const byInstance = new Map(own.map((node) => [node.instanceId, node]));
  const launches = Map.groupBy(input.runs, (run) => JSON.stringify([run.instanceId, launchTimeOf(run)]));
  const ordered = [...launches.values()]
    .map((runs) => runs.toSorted((one, other) => (one.launchedAt < other.launchedAt ? -1 : 1)))
    .filter((runs) => runs.some(({ request }) => request?.runtime === input.runtime));
  const latest = new Map(
    ordered
      .map((runs) => runs.at(-1))
      .toSorted(byLaunch)
      .map((run) => [run?.instanceId, run]),
  );
  const known = ordered.flatMap((runs) => {
    const last = runs.at(-1);
    const node =
      last !== undefined && latest.get(last.instanceId) === last ? byInstance.get(last.instanceId) : undefined;
    return closeLaunch(runs, node, input) ?? [];
  });
  const strangers = own.filter(({ instanceId }) => !latest.has(instanceId)).map((node) => closeStranger(node, input));
  return [...known, ...strangers].toSorted((one, other) => orderOf(one).localeCompare(orderOf(other)));
}

function orderOf({ left, launchedAt, instanceId }: ClosingNode): string {
  return `${left === '' ? 1 : 0} ${launchedAt} ${instanceId}`;
}

function byLaunch(one: RunRecord | undefined, other: RunRecord | undefined): number {
  return (one?.launchedAt ?? '') < (other?.launchedAt ?? '') ? -1 : 1;
}

/** One launch; undefined if it never took a pod of the runtime, or was gone before the advisory was published. */
function closeLaunch(
  runs: readonly RunRecord[],
  node: FleetNode | undefined,
  input: ClosingInput,
): ClosingNode | undefined {
  const last = runs.at(-1);
  if (last === undefined) return undefined;
  const { instanceId, cluster, pool } = last;
  const mayRun = input.running === undefined || input.running.get(instanceId) === launchTimeOf(last);
  const ends = node === undefined && !mayRun ? (input.terminated.get(instanceId) ?? []) : [];
  const goneAt = ends.find((at) => at >= launchTimeOf(last));
  const history = historyOf(runs, goneAt, input);
  const isUnseen = node === undefined && (mayRun || (goneAt === undefined && !input.surveyed.has(cluster)));
  const now = node === undefined ? (isUnseen ? 'unknown' : 'gone') : exposeNode(node, input.advisory);
  const exposed = now === 'old-sandboxes' ? reopened(history.exposed) : history.exposed;
  const recent = exposed.filter(({ until }) => until === undefined || until >= input.advisory.published);
  const wasOpened = history.exposed.length > 0 || history.proof !== undefined;
  if (node === undefined && (isUnseen ? !wasOpened : recent.length === 0)) return undefined;
  const proof = now === 'fixed' || now === 'gone' || now === 'old-sandboxes' ? history.proof : undefined;
  return {
    ...{ cluster, pool, instanceId, nodeName: node?.nodeName ?? last.launch?.nodeName ?? '' },
    launchedAt: launchTimeOf(last),
    state: now,
    version: history.version,
    exposed: recent,
    ...(node !== undefined && now === 'old-sandboxes' ? { affectedSandboxes: oldSandboxes(node, input.advisory) } : {}),
    ...(proof === undefined ? {} : { proof }),
    left: isUnseen
      ? whyUnseen(input, cluster)
      : whyLeft(now, node, { ...history, exposed: recent, ...(proof === undefined ? {} : { proof }) }),
  };
}

/** A Node that neither the ledger nor the audit trail has a launch of. */
function closeStranger(node: FleetNode, { advisory }: ClosingInput): ClosingNode {
  const { cluster, pool, instanceId, nodeName } = node;
  const state = exposeNode(node, advisory);
  const left = whyLeft(state, node, { exposed: [], version: '' });
  return { cluster, pool, instanceId, nodeName, launchedAt: '', state, version: '', exposed: [], left };
}

interface History {
  readonly exposed: readonly ExposedSpan[];
  readonly proof?: FixProof;
  readonly version: string;
}

/**
 * When a launch was exposed, by its runs in their order. Only a gate that is back, a proof or the instance's end ends
 * an exposure.
 */
function historyOf(runs: readonly RunRecord[], goneAt: string | undefined, input: ClosingInput): History {
  const spans: { from: string; until?: string }[] = [];
  let proof: FixProof | undefined;
  let version = '';
  const open = (from: string) => {
    if (spans.at(-1)?.until !== undefined || spans.length === 0) spans.push({ from });
  };
  const close = (until: string) => {
    const span = spans.at(-1);
    if (span !== undefined) span.until ??= until;
  };
  for (const run of runs) {
    if (run.endedAt !== undefined && run.ending === 'released') {
      version = run.receipt?.installation?.version ?? run.installation?.version ?? run.request?.version ?? '';
      const exposure = input.exposureOf(run);
      if (exposure === 'affected' || exposure === 'unknown') open(run.endedAt);
      else close(run.endedAt);
      proof = exposure === 'fixed' ? proofOf(run, version, input) : undefined;
    } else if (run.endedAt !== undefined && isGateBack(run)) {
      close(run.endedAt);
      proof = undefined;
    }
    const { operatorAct: act } = run;
    if (act === undefined) continue;
    if (act.act === 'quarantine' || act.act === 'uninstall') close(act.at);
    else if (act.opened === true) open(act.at);
    if (act.act === 'quarantine' || act.act === 'uninstall' || act.opened === true) proof = undefined;
  }
  if (goneAt !== undefined) close(goneAt);
  return { exposed: spans, version, ...(proof === undefined ? {} : { proof }) };
}

/** Whether a run's end left the node behind its gate. A run that only was not tried changes nothing. */
function isGateBack({ ending, receipt }: RunRecord): boolean {
  return (
    ending === 'discarded' || ending === 'replaced' || ['kept', 'put-back', 'returned'].includes(receipt?.gate ?? '')
  );
}

function proofOf(run: RunRecord, version: string, { signatureOf }: ClosingInput): FixProof {
  const number = run.launch?.rerun?.attempt ?? Number(run.launchedAt.split(' ')[1] ?? 0);
  return { at: run.endedAt ?? '', version, run: number, endedBy: run.endedBy ?? '', signature: signatureOf(run) };
}

/** The last exposure without its end: sandboxes of an affected version still run. */
function reopened(spans: readonly ExposedSpan[]): readonly ExposedSpan[] {
  return spans.map((span, at) => (at === spans.length - 1 ? { from: span.from } : span));
}

/** Why it is not known how a launch without a Node stands. */
function whyUnseen({ running, surveyed }: ClosingInput, cluster: string): string {
  if (!surveyed.has(cluster)) return 'its cluster could not be read, so it is not known whether it still runs';
  if (running === undefined) return 'EC2 could not be asked whether it still runs';
  return 'EC2 shows that it runs, and its cluster has no Node of it';
}

function whyLeft(state: ClosingState, node: FleetNode | undefined, { version, exposed, proof }: History): string {
  const bad = proof?.signature.state === 'wrong' ? `the signed receipt does not hold: ${proof.signature.detail}` : '';
  switch (state) {
    case 'affected':
      return `pods can run there with ${version}${node === undefined || node.pin === '' ? '' : `, and its tag ${node.pin} keeps it`}`;
    case 'old-sandboxes':
      return `${node?.gated ? 'its gate is closed' : 'it has the fix'}, and sandboxes of an earlier version still ran at ${node?.seenAt}: ${sandboxesOn(node)}`;
    case 'gated':
      return mayStillRun(node, exposed)
        ? 'its gate is closed, and pods from before may still run there: nothing has counted its sandboxes since'
        : '';
    case 'unknown':
      return node === undefined ? '' : whyUnknown(node);
    case 'gone':
      return exposed.some(({ until }) => until === undefined)
        ? 'it is gone, and the audit trail does not have when'
        : bad;
    default:
      return bad;
  }
}

/**
 * Whether pods that came while a node was exposed can be there: a gate that closes evicts none, and they are gone once
 * a later count has none.
 */
function mayStillRun(node: FleetNode | undefined, exposed: readonly ExposedSpan[]): boolean {
  const last = exposed.at(-1);
  return last !== undefined && (last.until === undefined || (node?.seenAt ?? '') <= last.until);
}

function sandboxesOn(node: FleetNode | undefined): string {
  return Object.entries(node?.sandboxes ?? {})
    .map(([version, count]) => `${count} of ${version}`)
    .join(', ');
}

/** The nodes that are not done. */
export function leftIn(nodes: readonly ClosingNode[]): readonly ClosingNode[] {
  return nodes.filter(({ left }) => left !== '');
}
