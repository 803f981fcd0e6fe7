import * as v from 'valibot';
import { claim } from './claim-text.ts';
import { LaunchSchema } from './launch.ts';
import { outcomeCodes } from './outcomes.ts';
import { HostSchema } from './result.ts';
import { runtimes } from './runtimes.ts';

/** The longest detail, in characters: a claim, and what Airlock says beside it. */
const detailLimit = 2_000;

const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What the state machine knows of an installation that succeeded: the node's own result, and how it was sent. */
export const InstallationSchema = v.object({
  runtime: v.picklist(runtimes),
  version: claim(80),
  sha256: claim(128),
  handler: claim(80),
  /** Whether this run installed the release, or found it. */
  installed: v.picklist(['installed', 'already-installed']),
  host: HostSchema,
  sandboxImage: v.optional(claim(512)),
  evidence: v.optional(claim(200)),
  /** What the restart of containerd did besides, as the node's result has it. */
  sideEffects: v.optional(claim(300)),
  /** Phases on the node, in milliseconds. */
  phases: v.record(claim(40), milliseconds),
  restarts: v.pipe(v.number(), v.integer()),
  /** The document that ran, named by the hash of its content. */
  document: claim(255),
  commandId: claim(80),
  /** When the agent was first seen online in this launch, as `dispatch` saw it. */
  onlineAt: claim(40),
  sentAt: claim(40),
  settledAt: claim(40),
});

/** An installation that succeeded. */
export type Installation = v.InferOutput<typeof InstallationSchema>;

/** What a release stands on beside the proof on the host: a pod that ran, or nothing more, as `airlock.yaml` wanted it. */
export const ProofSchema = v.variant('kind', [
  v.object({
    kind: v.literal('pod'),
    /** `<namespace>/<name>`. */
    pod: claim(320),
    runtimeClass: claim(255),
    image: claim(512),
    /** From its creation until it was seen running, in milliseconds. */
    ms: milliseconds,
  }),
  v.object({ kind: v.literal('host') }),
]);

/** What a release stands on beside the proof on the host. */
export type Proof = v.InferOutput<typeof ProofSchema>;

/** Why a node was not released. */
export const FailureSchema = v.object({ outcome: v.picklist(outcomeCodes), detail: claim(detailLimit) });

/** Why a node was not released. */
export type Failure = v.InferOutput<typeof FailureSchema>;

/** The failure of a run whose deadline is long past and that wrote no end; reconcile ends it. */
export const stranded: Failure = {
  outcome: 'deadline-passed',
  detail: 'the deadline is long past, and the execution of the node wrote no end; reconcile ended it',
};

/**
 * The one record of what happened to a node. It stands in the annotation `airlock.dev/receipt`, in the final event on the bus
 * and in the audit log group.
 */
export const ReceiptSchema = v.object({
  version: v.literal(2),
  ...v.pick(LaunchSchema, ['instanceId', 'launchedAt', 'cluster', 'pool', 'nodeName']).entries,
  outcome: v.picklist(outcomeCodes),
  detail: claim(detailLimit),
  endedAt: claim(40),
  /** From the launch to the end, in milliseconds. */
  totalMs: milliseconds,
  /** Absent if no installation succeeded. */
  installation: v.optional(InstallationSchema),
  /** Absent if the node was not released. */
  proof: v.optional(ProofSchema),
  /** Since when the Node was Ready when it was released, as its kubelet reports it: it decides nothing. */
  readyAt: v.optional(claim(40)),
  /**
   * How the gate of a node was found that was not released: `kept` on the Node, `put-back` where someone had lifted it in this launch,
   * `no-node` where the cluster has no Node of this launch, `returned` where Airlock itself had lifted it and put it back, because the node
   * could not be re-verified. Absent if the cluster did not say.
   */
  gate: v.optional(v.picklist(['kept', 'put-back', 'no-node', 'returned'])),
});

/** The one record of what happened to a node. */
export type Receipt = v.InferOutput<typeof ReceiptSchema>;
