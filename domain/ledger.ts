import * as v from 'valibot';
import type { Checksums } from './catalogue.ts';
import type { Disposition } from './disposition.ts';
import { InstanceIdSchema, type Launch, type Request } from './launch.ts';
import type { OutcomeCode } from './outcomes.ts';
import type { SentVerb } from './parameters.ts';
import type { Failure, Installation, Receipt } from './receipt.ts';
import { isTime } from './time.ts';

/** How a way of a node ended. `held` is a failure under an open breaker: the gate stays, and nothing else was done. */
export type Ending = 'released' | 'quarantined' | 'replaced' | 'held' | 'discarded';

/**
 * One way of a node in the ledger. Its key is the instance with its launch time, and with the number of the way if it is not the first;
 * each field is written by conditional updates only.
 *
 * The row is what decides: messages, inputs and calls name it, and what they ask for is done only if it says so. So each role may write its own
 * fields alone.
 *
 * The life of a row: `admission` makes it; the state machine begins its run; `dispatch` claims it for one token and one batch before it sends, and
 * notes the command after; `results` notes what was proven and the token that it answered; the state machine notes why a run failed, and `remediation`
 * what becomes of the node; the state machine writes the end, or `terminations` does. Whoever writes the end first has written it.
 */
export interface RunRecord {
  readonly instanceId: string;
  /** The launch time, after it a space and the number of the way if it is not the first: {@link sortKeyOf} makes it, {@link launchTimeOf} reads it. */
  readonly launchedAt: string;
  readonly cluster: string;
  readonly pool: string;
  /** When its admission was begun, and when all of it was done: the execution was started, and that was told. */
  readonly recordedAt?: string;
  readonly admittedAt?: string;
  /** The whole node as it was admitted, what it asked for, or why it cannot have that. */
  readonly launch?: Launch;
  readonly request?: Request;
  readonly refused?: Failure;
  /** The name of the run's execution, and of the one that ends it if the first did not. No other may touch the node. */
  readonly execution?: string;
  readonly endExecution?: string;
  /** When the execution began, and the random text that it gives to each message that it sends. */
  readonly begunAt?: string;
  readonly nonce?: string;
  /** The token of the state that waits for the current attempt, and how many attempts came before it. */
  readonly token?: string;
  readonly attempt?: number;
  /** The batch that claimed this attempt; SSM shows it as the command's comment. */
  readonly batchId?: string;
  readonly claimedAt?: string;
  readonly onlineAt?: string;
  /** What the current attempt does on the node. */
  readonly verb?: SentVerb;
  /** The document of the current attempt, by the hash of its content. */
  readonly document?: string;
  /** The checksum of what that document installs, by architecture. */
  readonly checksums?: Checksums;
  readonly commandId?: string;
  readonly sentAt?: string;
  /** The token that was answered last. */
  readonly settledToken?: string;
  /** What was proven on the node, and the token of the attempt that proved it. */
  readonly installation?: Installation;
  readonly provenToken?: string;
  /** Why the run failed, what was decided about the node, and what the cluster said when the Node was marked. */
  readonly failure?: Failure;
  readonly disposition?: Disposition;
  readonly mark?: Receipt;
  /** From when on nothing may be sent to the node any more. */
  readonly haltedAt?: string;
  /** From when on `remediation` may end the instance: it is then no longer an instance that was lost. */
  readonly replacingAt?: string;
  readonly outcome?: OutcomeCode;
  readonly ending?: Ending;
  readonly endedAt?: string;
  /** The execution that wrote the end, or the function. */
  readonly endedBy?: string;
  readonly receipt?: Receipt;
  /** When the end was told, if a function wrote it and not the state machine. */
  readonly publishedAt?: string;
  /** The configured version because of which the node was last told to be outdated. */
  readonly outdatedFor?: string;
  /** The number of the latest way in the same launch, in the row of the first. */
  readonly runs?: number;
}

/**
 * The sort key of a way's row. The number has as many digits as any, so that rows stand in the order of the ways; the state machine writes
 * the same form.
 */
export function sortKeyOf({ launchedAt, rerun }: Pick<LedgerKey, 'launchedAt' | 'rerun'>): string {
  return rerun === undefined ? launchedAt : `${launchedAt} ${String(rerun.attempt).padStart(4, '0')}`;
}

/** The launch time in a row's sort key. */
export function launchTimeOf({ launchedAt }: Pick<RunRecord, 'launchedAt'>): string {
  return launchedAt.split(' ')[0] ?? launchedAt;
}

/** Whether a command of ours may be at work on the node: it was claimed or sent, and no one has learned of its end. */
export function mayRun(run: RunRecord): boolean {
  const begun = run.commandId !== undefined || run.claimedAt !== undefined;
  return run.token !== undefined && begun && run.settledToken !== run.token;
}

/** The key of the row of a node's way; a row is its own key. */
export type LedgerKey = Pick<Launch, 'instanceId' | 'launchedAt'> & {
  readonly rerun?: { readonly attempt: number } | undefined;
};

/** How a message, an input or a call names a row: by its key as the table has it, and by nothing that decides. */
export const RunKeySchema = v.object({
  instanceId: InstanceIdSchema,
  launchedAt: v.pipe(
    v.string(),
    v.check((text) => {
      const [time = '', number] = text.split(/ (.*)/s);
      return isTime(time) && (number === undefined || /^[0-9]{4}$/.test(number));
    }, 'a launch time, and for another run than the first a space and four digits'),
  ),
});

/** The key of a row as the table has it. */
export type RunKey = v.InferOutput<typeof RunKeySchema>;

/** The key of a row as the table has it. */
export function runKeyOf(key: LedgerKey): RunKey {
  return { instanceId: key.instanceId, launchedAt: sortKeyOf(key) };
}

/** A claim: this attempt belongs to this batch, before anything is sent. */
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
  /** When the claim is made, ISO 8601. */
  readonly at: string;
  /** The row as it was read: the claim holds only while it has not changed. */
  readonly over: RunRecord | undefined;
}

/** Tells two ways of one instance apart in a map. */
export function runId(key: LedgerKey): string {
  return `${key.instanceId} ${sortKeyOf(key)}`;
}
