import * as v from 'valibot';
import { claim } from './claim-text.ts';
import { type Launch, LaunchSchema, type Request, RequestSchema } from './launch.ts';
import { RunKeySchema } from './ledger.ts';
import { type Failure, FailureSchema, InstallationSchema, type Receipt } from './receipt.ts';
import { runtimes } from './runtimes.ts';
import { surveyPageLimit } from './survey.ts';

/** What an execution is started for, as its row has it: one admitted node, and what it should have or why it cannot have it. */
export const AdmissionSchema = v.object({
  launch: LaunchSchema,
  request: v.optional(RequestSchema),
  /** Present if the node is ours but what it asks for is not to be had. */
  refused: v.optional(FailureSchema),
  /** What a tag of the instance asked for without success, if that does not keep it from its way. */
  ignored: v.optional(claim()),
});

/** What an execution is started for. */
export type Admission = v.InferOutput<typeof AdmissionSchema>;

/** One message in the commands queue: the row of a node that waits for its command, and the token of the state that waits for it. */
export const CommandMessageSchema = v.object({
  key: RunKeySchema,
  /** The text that the run drew when it began: a message without it is none of the state machine's. */
  nonce: v.string(),
  token: v.string(),
  /** How many attempts came before this one. */
  attempt: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** One message in the commands queue. */
export type CommandMessage = v.InferOutput<typeof CommandMessageSchema>;

/** A node that waits for its command, as its row has it, and the token of the state that waits for it. */
export interface WaitingLaunch {
  readonly launch: Launch;
  readonly request: Request;
  readonly token: string;
  readonly attempt: number;
}

/** One page of a survey that is asked for. */
export const SurveyCallSchema = v.object({
  action: v.literal('survey'),
  /** The configured version of each runtime: a node with another is outdated. */
  versions: v.optional(v.record(v.picklist(runtimes), v.string())),
  /** The most nodes on the page. */
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(surveyPageLimit))),
  /** What the page before gave as `next`. */
  next: v.optional(v.string()),
});

/** One page of a survey that is asked for. */
export type SurveyCall = v.InferOutput<typeof SurveyCallSchema>;

/** One message in the queue of a cluster: the row of a node, what is asked for, and the token of the state that waits for it. */
export const ClusterMessageSchema = v.object({
  /** What is done, and why, the row says. */
  action: v.picklist(['close', 'release', 'quarantine']),
  key: RunKeySchema,
  /** The text that the run drew: a message without it is none of the state machine's. */
  nonce: v.string(),
  token: v.string(),
});

/** One message in the queue of a cluster. */
export type ClusterMessage = v.InferOutput<typeof ClusterMessageSchema>;

/** What is to be done with one node, as its row has it. */
const NodeCallSchema = v.variant('action', [
  v.object({ action: v.literal('close'), launch: LaunchSchema }),
  v.object({ action: v.literal('release'), launch: LaunchSchema, installation: InstallationSchema }),
  v.object({
    action: v.literal('quarantine'),
    launch: LaunchSchema,
    failure: FailureSchema,
    /** Whether the breaker is open: then no substitute should be launched for the node. */
    breakerOpen: v.optional(v.boolean()),
    /** Whether a Node that is not there is not waited for: the instance is to be replaced. */
    once: v.optional(v.boolean()),
  }),
]);

/** What is to be done with one node, as its row has it. */
export type NodeCall = v.InferOutput<typeof NodeCallSchema>;

/** What is to be done with one node, and when that was asked for. */
const AskedSchema = v.object({
  call: NodeCallSchema,
  /** Milliseconds since the epoch. */
  askedAt: v.number(),
});

/** What is to be done with one node, and when that was asked for. */
export type Asked = v.InferOutput<typeof AskedSchema>;

/** What the function of a private cluster hands to the one in the cluster's network: a batch or a survey, and the token by which it is performed. */
export const InsideCallSchema = v.union([
  v.object({ batch: v.array(AskedSchema), token: v.string() }),
  v.object({ survey: SurveyCallSchema, token: v.string() }),
]);

/** A batch or a survey, and its token. */
export type InsideCall = v.InferOutput<typeof InsideCallSchema>;

/** What a call to close a node came to: the names of the Nodes that stood open, or bore the label of a release. */
export interface Closing {
  readonly closed: readonly string[];
}

/** What became of one node of a batch. */
export type Answer =
  /** It is done: the receipt, or the Nodes that were closed. */
  | { readonly kind: 'done'; readonly output: Receipt | Closing }
  /** It will not be done. */
  | { readonly kind: 'ended'; readonly failure: Failure }
  /** It has to wait: the message comes again, after so many milliseconds at least. */
  | { readonly kind: 'wait'; readonly detail: string; readonly afterMs: number };

/** The name of the error of an execution that was started for no launch of the ledger. */
export const notAdmitted = 'NotAdmitted';

/** The name of the error by which a function says that the ledger does not say what it was asked for. Nothing was done then. */
export const refused = 'Refused';

/** The name of the error by which a function says that a node has to wait. */
export const notYet = 'NotYet';

/**
 * What the state machine asks of the `remediation` function, each for the row that the key names.
 *
 * - `judge` counts the failure that the row holds, and says what becomes of the node.
 * - `replace` ends the instance, so that another is launched, if that is what the row says.
 * - `keep` lets an instance that stays into service, if a launch hook waits for that.
 */
export const ReplaceCallSchema = v.object({ action: v.picklist(['judge', 'replace', 'keep']), key: RunKeySchema });
