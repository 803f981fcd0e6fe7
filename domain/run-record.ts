import * as v from 'valibot';
import { dispositions } from './disposition.ts';
import { LaunchSchema, RequestSchema } from './launch.ts';
import { type RunRecord, sortKeyOf } from './ledger.ts';
import { OperatorActSchema } from './operator-acts.ts';
import { outcomeCodes } from './outcomes.ts';
import { FailureSchema, InstallationSchema, ReceiptSchema } from './receipt.ts';
import { InventorySchema } from './result.ts';
import { TimeSchema } from './time.ts';

/** A field that does not have its writer's form counts as absent. */
function field<S extends v.GenericSchema>(schema: S) {
  return v.fallback(v.optional(schema), undefined);
}

/** A field that is stored as JSON, so that the state machine can read and write it whole. */
function json<S extends v.GenericSchema>(schema: S) {
  return field(v.pipe(v.string(), v.parseJson(), schema));
}

const text = field(v.string());
const time = field(TimeSchema);
const count = field(v.pipe(v.number(), v.integer(), v.minValue(0)));

const RunRecordSchema = v.object({
  instanceId: v.string(),
  launchedAt: v.string(),
  cluster: v.fallback(v.string(), ''),
  pool: v.fallback(v.string(), ''),
  recordedAt: time,
  admittedAt: time,
  launch: json(LaunchSchema),
  request: json(RequestSchema),
  refused: json(FailureSchema),
  execution: text,
  endExecution: text,
  begunAt: time,
  nonce: text,
  token: text,
  attempt: count,
  batchId: text,
  claimedAt: time,
  onlineAt: time,
  verb: field(v.picklist(['install', 'prove'])),
  document: text,
  checksums: field(v.record(v.string(), v.string())),
  commandId: text,
  sentAt: time,
  deferredAt: time,
  settledToken: text,
  installation: json(InstallationSchema),
  provenToken: text,
  cancelledAt: time,
  failure: json(FailureSchema),
  disposition: field(v.picklist(dispositions)),
  mark: json(ReceiptSchema),
  replacingAt: time,
  outcome: field(v.picklist(outcomeCodes)),
  ending: field(v.picklist(['released', 'quarantined', 'replaced', 'held', 'discarded'])),
  endedAt: time,
  endedBy: text,
  receipt: json(ReceiptSchema),
  inventoryAskedAt: time,
  inventoryBatch: text,
  inventory: json(InventorySchema),
  publishedAt: time,
  outdatedFor: text,
  runs: count,
  expiresAt: count,
  reopenedFor: time,
  rerunAt: time,
  operatorAct: json(OperatorActSchema),
});

/**
 * Reads a run record from the table. A launch that does not match the record's key counts as absent.
 *
 * @returns undefined if the item is not a run record
 */
export function parseRunRecord(item: unknown): RunRecord | undefined {
  const parsed = v.safeParse(RunRecordSchema, item);
  if (!parsed.success) return undefined;
  const { launch, ...rest } = parsed.output;
  const own = launch?.instanceId === rest.instanceId && sortKeyOf(launch) === rest.launchedAt ? launch : undefined;
  const present = Object.entries({ ...rest, launch: own }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as unknown as RunRecord;
}
