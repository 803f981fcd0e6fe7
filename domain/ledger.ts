import * as v from 'valibot';
import type { Checksums } from './catalogue.ts';
import type { Disposition } from './disposition.ts';
import { InstanceIdSchema, type Launch, type Request } from './launch.ts';
import type { OperatorAct } from './operator-acts.ts';
import type { OutcomeCode } from './outcomes.ts';
import type { SentVerb } from './parameters.ts';
import type { Failure, Installation, Receipt } from './receipt.ts';
import type { Inventory } from './result.ts';
import { isTime } from './time.ts';

/** How a run ended. `held`: it failed while the breaker was open, so the gate stays and nothing else was done. */
export type Ending = 'released' | 'quarantined' | 'replaced' | 'held' | 'discarded';

/**
 * One run in the ledger. Its key is the instance ID with the launch time, followed by the run's number if it is not the
 * first. Each field is written only by conditional updates.
 *
 * The record decides. Messages, inputs and calls refer to it, and their request is only fulfilled if the record allows
 * it. So each role may write only its own fields.
 *
 * The life of a record: `admission` creates it, and the state machine begins its run. `dispatch` claims it for one
 * token and one batch before it sends, and records the command afterwards. `results` records what was proven and the
 * token that it answered. The state machine records why a run failed, and `remediation` what happens to the node. The
 * state machine or `terminations` writes the end. The first one to write the end wins.
 */
export interface RunRecord {
  readonly instanceId: string;
  /**
   * The launch time, followed by a space and the run's number if it is not the first. {@link sortKeyOf} builds it,
   * {@link launchTimeOf} reads it.
   */
  readonly launchedAt: string;
  readonly cluster: string;
  readonly pool: string;
  /** When its admission began, and when it was complete: the execution was started, and the event published. */
  readonly recordedAt?: string;
  readonly admittedAt?: string;
  /** The launch as admitted, and its request or the reason why it is refused. */
  readonly launch?: Launch;
  readonly request?: Request;
  readonly refused?: Failure;
  /**
   * The name of the run's execution, and of the one that ends the run if the first did not. No other may change the
   * node.
   */
  readonly execution?: string;
  readonly endExecution?: string;
  /** When the execution began, and the random text that it puts into each of its messages. */
  readonly begunAt?: string;
  readonly nonce?: string;
  /** The task token of the state that waits for the current attempt, and the number of attempts before it. */
  readonly token?: string;
  readonly attempt?: number;
  /** The batch that claimed this attempt; the comment of the SSM command has it. */
  readonly batchId?: string;
  readonly claimedAt?: string;
  readonly onlineAt?: string;
  /** What the current attempt does on the node. */
  readonly verb?: SentVerb;
  /** The document of the current attempt; its name ends in the hash of its content. */
  readonly document?: string;
  /** The checksums of what that document installs, by architecture. */
  readonly checksums?: Checksums;
  readonly commandId?: string;
  readonly sentAt?: string;
  /** When it was first published that the command has to wait although the agent is online. */
  readonly deferredAt?: string;
  /** The last token that was answered. */
  readonly settledToken?: string;
  /** What was proven on the node, and the token of the attempt that proved it. */
  readonly installation?: Installation;
  readonly provenToken?: string;
  /** Why the run failed, what was decided about the node, and the cluster's answer when the Node was marked. */
  readonly failure?: Failure;
  readonly disposition?: Disposition;
  readonly mark?: Receipt;
  /** When sending to the node was stopped. */
  readonly cancelledAt?: string;
  /** When `remediation` began to terminate the instance. From then on its end is not a loss. */
  readonly replacingAt?: string;
  readonly outcome?: OutcomeCode;
  readonly ending?: Ending;
  readonly endedAt?: string;
  /** The execution or function that wrote the end. */
  readonly endedBy?: string;
  readonly receipt?: Receipt;
  /** When the node was last asked what runs there, and the batch of that command. */
  readonly inventoryAskedAt?: string;
  readonly inventoryBatch?: string;
  /** What the node answered last. */
  readonly inventory?: Inventory;
  /** When the end was published, if a function wrote it. */
  readonly publishedAt?: string;
  /** The configured version for which the node was last reported as outdated, or its tag if that pins a withdrawn one. */
  readonly outdatedFor?: string;
  /** The time of the act for whose Node it was last reported that its gate is open again. */
  readonly reopenedFor?: string;
  /** The number of the latest run in the same launch, in the record of the first. */
  readonly runs?: number;
  /** When DynamoDB may delete the record, in seconds since the epoch. Reconcile renews it while the instance runs. */
  readonly expiresAt?: number;
  /** When reconcile last began the run after this one. */
  readonly rerunAt?: string;
  /** What an operator did about the launch since this run ended. */
  readonly operatorAct?: OperatorAct;
}

/**
 * Builds the sort key of a run record. The number has a fixed width, so records sort in the order of their runs. The
 * state machine writes the same form.
 */
export function sortKeyOf({ launchedAt, rerun }: Pick<LedgerKey, 'launchedAt' | 'rerun'>): string {
  return rerun === undefined ? launchedAt : `${launchedAt} ${String(rerun.attempt).padStart(4, '0')}`;
}

/** Reads the launch time from a run record's sort key. */
export function launchTimeOf({ launchedAt }: Pick<RunRecord, 'launchedAt'>): string {
  return launchedAt.split(' ')[0] ?? launchedAt;
}

/** How long an item is kept, in seconds: as long as Step Functions reserves the name of a closed execution. */
export const keptSeconds = 90 * 24 * 3_600;

/** When an item expires that is kept from a time on (ISO 8601), in seconds since the epoch. */
export function expiryOf(at: string): number {
  return Math.floor(Date.parse(at) / 1_000) + keptSeconds;
}

/** Whether a command may be running on the node: it was claimed or sent, and its end is not recorded. */
export function mayRun(run: RunRecord): boolean {
  const begun = run.commandId !== undefined || run.claimedAt !== undefined;
  return run.token !== undefined && begun && run.settledToken !== run.token;
}

/** What identifies a run. A launch is a valid key of its run. */
export type LedgerKey = Pick<Launch, 'instanceId' | 'launchedAt'> & {
  readonly rerun?: { readonly attempt: number } | undefined;
};

/** How a message, an input or a call refers to a run record: by its key in the table, with nothing that decides. */
export const RunKeySchema = v.object({
  instanceId: InstanceIdSchema,
  launchedAt: v.pipe(
    v.string(),
    v.check((text) => {
      const [time = '', number] = text.split(/ (.*)/s);
      return isTime(time) && (number === undefined || /^[0-9]{4}$/.test(number));
    }, 'a launch time, followed by a space and four digits for any run but the first'),
  ),
});

export type RunKey = v.InferOutput<typeof RunKeySchema>;

/** Builds the key of a run record in the table. */
export function runKeyOf(key: LedgerKey): RunKey {
  return { instanceId: key.instanceId, launchedAt: sortKeyOf(key) };
}

/** A claim: reserves this attempt for this batch before anything is sent. */
export interface Claim {
  readonly launch: Launch;
  readonly request: Request;
  readonly token: string;
  readonly attempt: number;
  readonly batchId: string;
  readonly verb: SentVerb;
  readonly document: string;
  readonly checksums: Checksums;
  readonly onlineAt: string;
  /** The time of the claim, ISO 8601. */
  readonly at: string;
  /** The record as it was read: the claim succeeds only if it has not changed. */
  readonly over: RunRecord | undefined;
}

/** Identifies a run in a map. */
export function runId(key: LedgerKey): string {
  return `${key.instanceId} ${sortKeyOf(key)}`;
}

/** The pool of a launch as people see it. A launch without a pool has its own id in the ledger. */
export function poolNameOf({ instanceId, pool }: Pick<RunRecord, 'instanceId' | 'pool'>): string {
  return pool === instanceId || pool === '' ? 'none' : pool;
}
