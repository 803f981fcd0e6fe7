import * as v from 'valibot';
import { NodeSchema, RequestSchema, runtimes } from './node.ts';
import { FailureSchema, InstallationSchema } from './receipt.ts';
import { surveyPageLimit } from './survey.ts';

/** The input of an execution: one admitted node, and what it shall have or why it cannot have it. */
export const AdmissionSchema = v.object({
  node: NodeSchema,
  request: v.optional(RequestSchema),
  /** Present where the node is ours but what it asks for is not to be had. */
  refused: v.optional(FailureSchema),
  /** What a tag of the instance asked for in vain, where that does not keep it from its way. */
  ignored: v.optional(v.string()),
});

/** The input of an execution. */
export type Admission = v.InferOutput<typeof AdmissionSchema>;

/** One message in the commands queue: a node that waits for its installation, and the token of the state that waits for it. */
export const CommandMessageSchema = v.object({
  token: v.string(),
  /** How many attempts came before this one. An execution that began before a deploy may not say it. */
  attempt: v.optional(v.number(), 0),
  node: NodeSchema,
  request: RequestSchema,
});

/** One message in the commands queue. */
export type CommandMessage = v.InferOutput<typeof CommandMessageSchema>;

/** What the state machine and the sweep ask of a `cluster` function. */
export const ClusterCallSchema = v.variant('action', [
  v.object({ action: v.literal('release'), node: NodeSchema, installation: InstallationSchema }),
  v.object({
    action: v.literal('quarantine'),
    node: NodeSchema,
    failure: FailureSchema,
    /** Whether the breaker is open: then no substitute shall be launched for the node. */
    breakerOpen: v.optional(v.boolean()),
    /** Whether a Node that is not there is not waited for: the instance is to be replaced. */
    once: v.optional(v.boolean()),
  }),
  v.object({
    action: v.literal('survey'),
    /** The configured release of each runtime: a node with another is outdated. */
    releases: v.optional(v.record(v.picklist(runtimes), v.string())),
    /** The most nodes on the page. */
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(surveyPageLimit))),
    /** What the page before gave as `next`. */
    next: v.optional(v.string()),
  }),
]);

/** What the state machine and the sweep ask of a `cluster` function. */
export type ClusterCall = v.InferOutput<typeof ClusterCallSchema>;

/** A call about one node. */
export type NodeCall = Exclude<ClusterCall, { action: 'survey' }>;

/** The name of the error by which a `cluster` function says that a release has to wait; the state machine asks again. */
export const notYet = 'NotYet';
