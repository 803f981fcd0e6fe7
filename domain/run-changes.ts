import type { RunKey, RunRecord } from './ledger.ts';
import type { Change } from './ledger-change.ts';

const open = 'attribute_not_exists(#outcome)';
const isOwnRun = `#execution = :execution AND attribute_not_exists(#refused) AND ${open}` as const;
const claimed = ['token', 'attempt', 'batchId', 'verb', 'document', 'checksums', 'onlineAt', 'claimedAt'] as const;

/** The changes of a run record. */
export const runChanges = {
  // The state machine's first write asks for `relaunched` on its own.
  recordAdmission: {
    by: ['admission', 'reconcile'],
    condition: 'attribute_not_exists(#admittedAt) AND attribute_not_exists(#begunAt)',
    set: ['recordedAt', 'cluster', 'pool', 'launch', 'request', 'refused', 'relaunched', 'expiresAt'],
    keep: ['execution'],
  },
  recordAdmitted: {
    by: ['admission', 'terminations', 'reconcile'],
    condition: 'attribute_not_exists(#admittedAt)',
    set: ['admittedAt'],
  },
  begin: {
    by: ['workflow'],
    condition: `${isOwnRun} AND attribute_not_exists(#relaunched)`,
    set: ['begunAt', 'nonce'],
  },
  beginRelaunched: { by: ['workflow'], condition: isOwnRun, set: ['begunAt', 'nonce'] },
  recordNonce: { by: ['workflow'], condition: open, set: ['nonce'] },
  claimFirst: {
    by: ['dispatch'],
    condition: 'attribute_not_exists(#token) AND attribute_not_exists(#cancelledAt)',
    set: claimed,
    remove: ['commandId', 'sentAt'],
  },
  claimNext: {
    by: ['dispatch'],
    condition: '#token = :wasToken AND #batchId = :wasBatch AND attribute_not_exists(#cancelledAt)',
    set: claimed,
    remove: ['commandId', 'sentAt'],
  },
  releaseClaim: {
    by: ['dispatch'],
    condition: '#batchId = :batchId AND attribute_not_exists(#commandId)',
    remove: ['claimedAt'],
  },
  recordDeferral: { by: ['dispatch'], condition: 'attribute_exists(#instanceId)', set: ['deferredAt'] },
  recordCommand: {
    by: ['dispatch', 'cancellation', 'reconcile'],
    condition: '#batchId = :batchId',
    set: ['commandId', 'sentAt'],
  },
  recordProven: {
    by: ['results', 'reconcile'],
    condition: '#token = :token',
    set: ['installation', 'provenToken'],
  },
  recordAnswered: {
    by: ['results', 'reconcile'],
    condition: '#token = :token',
    set: ['settledToken', 'settledAt'],
  },
  recordCause: { by: ['workflow'], condition: open, set: ['failure', 'nonce'] },
  amendCause: { by: ['workflow'], condition: open, set: ['failure'] },
  recordCancellation: {
    by: ['cancellation'],
    condition: 'attribute_not_exists(#cancelledAt)',
    set: ['cancelledAt'],
  },
  recordDisposition: { by: ['remediation'], condition: 'attribute_exists(#instanceId)', set: ['disposition'] },
  recordMark: { by: ['workflow'], condition: open, set: ['mark'] },
  recordReplacing: {
    by: ['remediation'],
    condition: `attribute_exists(#admittedAt) AND ${open}`,
    set: ['replacingAt'],
  },
  recordEnd: {
    by: ['workflow'],
    condition: `${open} OR #endedBy = :endedBy`,
    set: ['outcome', 'ending', 'endedAt', 'endedBy', 'receipt'],
  },
  recordTermination: {
    by: ['terminations'],
    condition: `${open} AND attribute_not_exists(#replacingAt)`,
    set: ['outcome', 'ending', 'endedAt', 'endedBy', 'receipt', 'cancelledAt'],
  },
  recordPublished: { by: ['terminations'], condition: 'attribute_not_exists(#publishedAt)', set: ['publishedAt'] },
  recordEndExecution: { by: ['reconcile'], condition: 'attribute_exists(#instanceId)', keep: ['endExecution'] },
  recordOutdated: { by: ['reconcile'], condition: 'attribute_exists(#admittedAt)', set: ['outdatedFor'] },
  recordInventoryAsked: {
    by: ['reconcile'],
    condition: 'attribute_exists(#admittedAt)',
    set: ['inventoryAskedAt', 'inventoryBatch'],
  },
  recordInventory: { by: ['results', 'reconcile'], condition: '#inventoryBatch = :inventoryBatch', set: ['inventory'] },
  recordReopened: { by: ['reconcile'], condition: 'attribute_exists(#admittedAt)', set: ['reopenedFor'] },
  renewRecord: { by: ['reconcile'], condition: 'attribute_exists(#admittedAt)', set: ['expiresAt'] },
  recordRunCount: { by: ['reconcile'], condition: 'attribute_exists(#admittedAt)', set: ['runs'] },
  recordRerun: { by: ['reconcile'], condition: 'attribute_exists(#admittedAt)', set: ['rerunAt'] },
  /**
   * Operators make it, with their own roles. An act that is written while another run begins would not count for that
   * run.
   */
  recordOperatorAct: {
    by: [],
    condition: 'attribute_exists(#instanceId) AND (attribute_not_exists(#rerunAt) OR #rerunAt < :before)',
    set: ['operatorAct'],
  },
} as const satisfies Readonly<
  Record<string, Change<Exclude<keyof RunRecord, keyof RunKey> | 'relaunched' | 'settledAt'>>
>;
