import * as v from 'valibot';
import { claim } from './claim-text.ts';
import { LaunchSchema } from './launch.ts';
import { outcomeCodes } from './outcomes.ts';
import { HostSchema, SandboxesSchema } from './result.ts';
import { runtimes } from './runtimes.ts';

/** The maximum length of a detail in characters: a claim, plus Airlock's own words. */
export const detailLimit = 2_000;

const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What the state machine knows about a successful installation: the node's result, and how its command was sent. */
export const InstallationSchema = v.object({
  runtime: v.picklist(runtimes),
  version: claim(80),
  sha256: claim(128),
  handler: claim(80),
  /** Whether this run installed the version or found it. */
  installed: v.picklist(['installed', 'already-installed']),
  host: HostSchema,
  sandboxImage: v.optional(claim(512)),
  evidence: v.optional(claim(200)),
  /** Side effects of containerd's restart, from the node's result. */
  sideEffects: v.optional(claim(300)),
  /** How many sandboxes ran from each version when the result was printed, according to the node. */
  sandboxes: v.optional(SandboxesSchema),
  /** Phases on the node, in milliseconds. */
  phases: v.record(claim(40), milliseconds),
  restarts: v.pipe(v.number(), v.integer()),
  /** The document that ran; its name ends in the hash of its content. */
  document: claim(255),
  commandId: claim(80),
  /** When `dispatch` first saw the agent online in this launch. */
  onlineAt: claim(40),
  sentAt: claim(40),
  settledAt: claim(40),
});

export type Installation = v.InferOutput<typeof InstallationSchema>;

/** The proof required in addition to the one on the host, by `airlock.yaml`: a pod that ran, or none. */
export const ProofSchema = v.variant('kind', [
  v.object({
    kind: v.literal('pod'),
    /** `<namespace>/<name>`. */
    pod: claim(320),
    runtimeClass: claim(255),
    image: claim(512),
    /** From its creation until it was first seen running, in milliseconds. */
    ms: milliseconds,
  }),
  v.object({ kind: v.literal('host') }),
]);

export type Proof = v.InferOutput<typeof ProofSchema>;

/** Why a node was not released. */
export const FailureSchema = v.object({ outcome: v.picklist(outcomeCodes), detail: claim(detailLimit) });

export type Failure = v.InferOutput<typeof FailureSchema>;

/** The failure of a run that has no end long after its deadline. Reconcile ends it. */
export const stranded: Failure = {
  outcome: 'deadline-passed',
  detail: 'the deadline is long past, and the execution has not written an end; reconcile ended the run',
};

/**
 * The record of what happened to a node: in the annotation `airlock.dev/receipt`, in the final event on the bus and in
 * the audit log group.
 */
export const ReceiptSchema = v.object({
  version: v.literal(2),
  ...v.pick(LaunchSchema, ['instanceId', 'launchedAt', 'cluster', 'pool', 'nodeName']).entries,
  /** The UID of the launch's Node, from the API server. Absent if the cluster has no such Node, or did not answer. */
  nodeUid: v.optional(claim(64)),
  outcome: v.picklist(outcomeCodes),
  detail: claim(detailLimit),
  endedAt: claim(40),
  /** From the launch to the end, in milliseconds. */
  totalMs: milliseconds,
  /** Absent if no installation succeeded. */
  installation: v.optional(InstallationSchema),
  /** Absent if the node was not released. */
  proof: v.optional(ProofSchema),
  /** When the Node became Ready before its release, according to its kubelet. It decides nothing. */
  readyAt: v.optional(claim(40)),
  /**
   * The gate of a node that was not released. `kept`: it was on the Node. `put-back`: something had removed it in this
   * launch, and Airlock restored it. `no-node`: the cluster has no Node of this launch. `returned`: Airlock had lifted
   * it and restored it, because the node could not be re-verified. Absent if the cluster did not answer.
   */
  gate: v.optional(v.picklist(['kept', 'put-back', 'no-node', 'returned'])),
});

export type Receipt = v.InferOutput<typeof ReceiptSchema>;
