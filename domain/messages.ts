import * as v from 'valibot';
import { claim } from './claim-text.ts';
import { type Launch, LaunchSchema, type Request, RequestSchema } from './launch.ts';
import { RunKeySchema } from './ledger.ts';
import { type Failure, FailureSchema, InstallationSchema, type Receipt } from './receipt.ts';
import { runtimes } from './runtimes.ts';
import { surveyPageLimit } from './survey.ts';

/**
 * What an execution is started for, as its run record has it: one admitted launch, with its request or the reason why
 * it is refused.
 */
export const AdmissionSchema = v.object({
  launch: LaunchSchema,
  request: v.optional(RequestSchema),
  /** Present if Airlock manages the node but cannot fulfil its request. */
  refused: v.optional(FailureSchema),
  /** A tag value that was ignored although the launch goes on. */
  ignored: v.optional(claim()),
});

export type Admission = v.InferOutput<typeof AdmissionSchema>;

/** One message in the commands queue: the key of the waiting run's record, and the task token of its waiting state. */
export const CommandMessageSchema = v.object({
  key: RunKeySchema,
  /** The random text that the run chose when it began. A message without it does not come from the state machine. */
  nonce: v.string(),
  token: v.string(),
  /** How many attempts came before this one. */
  attempt: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

export type CommandMessage = v.InferOutput<typeof CommandMessageSchema>;

/** A launch that waits for its command, as its run record has it, and the task token of its waiting state. */
export interface WaitingLaunch {
  readonly launch: Launch;
  readonly request: Request;
  readonly token: string;
  readonly attempt: number;
}

/** A request to sign the receipt of a run that has ended. The run record has the receipt. */
export const AttestationCallSchema = v.object({ key: RunKeySchema });

/** A request for one page of a survey. */
export const SurveyCallSchema = v.object({
  action: v.literal('survey'),
  /** The configured version of each runtime. A node with another version is outdated. */
  versions: v.optional(v.record(v.picklist(runtimes), v.string())),
  /** The maximum number of nodes on the page. */
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(surveyPageLimit))),
  /** The `next` of the previous page. */
  next: v.optional(v.string()),
});

export type SurveyCall = v.InferOutput<typeof SurveyCallSchema>;

/** One message in a cluster's queue: the key of a run's record, the action, and the task token of the waiting state. */
export const ClusterMessageSchema = v.object({
  /** The run record decides what is done and why. */
  action: v.picklist(['close', 'release', 'quarantine']),
  key: RunKeySchema,
  /** The random text that the run chose when it began. A message without it does not come from the state machine. */
  nonce: v.string(),
  token: v.string(),
});

export type ClusterMessage = v.InferOutput<typeof ClusterMessageSchema>;

/** What to do with one node, as its run record has it. */
const NodeCallSchema = v.variant('action', [
  v.object({ action: v.literal('close'), launch: LaunchSchema }),
  v.object({ action: v.literal('release'), launch: LaunchSchema, installation: InstallationSchema }),
  v.object({
    action: v.literal('quarantine'),
    launch: LaunchSchema,
    failure: FailureSchema,
    /** Whether the breaker is open: then no substitute is launched for the node. */
    breakerOpen: v.optional(v.boolean()),
    /** Whether to check only once for a Node that does not exist, because the instance is replaced anyway. */
    once: v.optional(v.boolean()),
  }),
]);

export type NodeCall = v.InferOutput<typeof NodeCallSchema>;

/** What to do with one node, and when that was requested. */
const TimedCallSchema = v.object({
  call: NodeCallSchema,
  /** Milliseconds since the epoch. */
  askedAt: v.number(),
});

export type TimedCall = v.InferOutput<typeof TimedCallSchema>;

/**
 * The call from a private cluster's function to the one in the cluster's network: a batch or a survey, and the
 * Kubernetes token for it.
 */
export const InsideCallSchema = v.union([
  v.object({ batch: v.array(TimedCallSchema), token: v.string() }),
  v.object({ survey: SurveyCallSchema, token: v.string() }),
]);

export type InsideCall = v.InferOutput<typeof InsideCallSchema>;

/** The result of a call to close a node: the names of the Nodes that were open or had the label of a release. */
export interface Closing {
  readonly closed: readonly string[];
}

/** The result for one node of a batch. */
export type Answer =
  /** Done, with the receipt or the closed Nodes. */
  | { readonly kind: 'done'; readonly output: Receipt | Closing }
  /** Failed for good. */
  | { readonly kind: 'ended'; readonly failure: Failure }
  /** Not yet: the message returns after at least this many milliseconds. */
  | { readonly kind: 'wait'; readonly detail: string; readonly afterMs: number };

/** The error name of an execution whose launch is not in the ledger. */
export const notAdmitted = 'NotAdmitted';

/** The error name for a call that the ledger does not support. Nothing was done. */
export const refused = 'Refused';

/** The error name for a node that has to wait. */
export const retryLater = 'RetryLater';

/**
 * The state machine's calls to the `remediation` function, each for one run.
 *
 * - `decide` counts the failure in the run record and decides what happens to the node.
 * - `replace` terminates the instance so that another is launched, if the run record allows it.
 * - `keep` completes a waiting launch hook, so that an instance that stays enters service.
 */
export const RemediationCallSchema = v.object({ action: v.picklist(['decide', 'replace', 'keep']), key: RunKeySchema });
