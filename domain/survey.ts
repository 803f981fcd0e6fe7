import * as v from 'valibot';

/**
 * How a Node of our pools stands.
 *
 * - `gated`: born, and not at its end yet.
 * - `released`: our release stands on it, and nothing speaks against it.
 * - `quarantined`: marked as one that was not proven.
 * - `drifted`: it takes pods although what the release stood on is no longer there, or was never there.
 */
export const nodeStates = ['gated', 'released', 'quarantined', 'drifted'] as const;

/** How a Node of our pools stands. */
export type NodeState = (typeof nodeStates)[number];

/** The most Nodes on one page of a survey: all that a page can hold stays below what a state of Step Functions may hand on. */
export const surveyPageLimit = 200;

/** What a survey says of one Node. */
export const SurveyedNodeSchema = v.object({
  nodeName: v.string(),
  /** Out of the providerID; empty if the Node has none that names an instance of AWS. */
  instanceId: v.string(),
  providerId: v.string(),
  createdAt: v.string(),
  /** The value of the label airlock.dev/runtime. */
  runtime: v.string(),
  state: v.picklist(nodeStates),
  /** Why the Node stands so; empty if there is nothing to say. */
  reason: v.string(),
  /** Whether the release on its receipt is another than the one that is configured: reported, and never acted upon. */
  outdated: v.boolean(),
  /** As the kubelet reports them; empty if it does not. */
  kernel: v.string(),
  bootId: v.string(),
});

/** What a survey says of one Node. */
export type SurveyedNode = v.InferOutput<typeof SurveyedNodeSchema>;

/** One page of a survey. */
export const SurveySchema = v.object({
  cluster: v.string(),
  nodes: v.array(SurveyedNodeSchema),
  /** What the next call gives as `next`; absent on the last page. */
  next: v.optional(v.string()),
});

/** One page of a survey. */
export type Survey = v.InferOutput<typeof SurveySchema>;
