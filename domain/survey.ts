import * as v from 'valibot';

/**
 * The state of a Node in a managed pool.
 *
 * - `gated`: behind its gate, with no end yet.
 * - `released`: Airlock released it, and nothing contradicts that.
 * - `quarantined`: marked as not proven.
 * - `drifted`: it accepts pods although its proof no longer holds, or never existed.
 */
export const nodeStates = ['gated', 'released', 'quarantined', 'drifted'] as const;

export type NodeState = (typeof nodeStates)[number];

/** The maximum number of Nodes on one page. A full page stays below the size limit of a Step Functions state. */
export const surveyPageLimit = 200;

/** One Node in a survey. */
export const SurveyedNodeSchema = v.object({
  nodeName: v.string(),
  /** From the providerID; empty if that names no AWS instance. */
  instanceId: v.string(),
  providerId: v.string(),
  createdAt: v.string(),
  /** The value of the label airlock.dev/runtime. */
  runtime: v.string(),
  state: v.picklist(nodeStates),
  /** The reason for the state; empty if there is none. */
  reason: v.string(),
  /** Whether the version on its receipt differs from the configured one. This is only reported. */
  outdated: v.boolean(),
  /** As the kubelet reports them; empty if it does not. */
  kernel: v.string(),
  bootId: v.string(),
});

export type SurveyedNode = v.InferOutput<typeof SurveyedNodeSchema>;

/** One page of a survey. */
export const SurveySchema = v.object({
  cluster: v.string(),
  nodes: v.array(SurveyedNodeSchema),
  /** The value of `next` for the next call; absent on the last page. */
  next: v.optional(v.string()),
});

export type Survey = v.InferOutput<typeof SurveySchema>;
