import * as v from 'valibot';
import { EnvelopeSchema } from './attestation.ts';
import { claim } from './claim-text.ts';
import { InstanceIdSchema, LaunchSchema, RequestSchema } from './launch.ts';
import { nextSteps } from './next-steps.ts';
import { outcomeCodes } from './outcomes.ts';
import { FailureSchema, InstallationSchema, ProofSchema, ReceiptSchema } from './receipt.ts';
import { TimeSchema } from './time.ts';

/** The version of the schema. A new field keeps it; a field that goes or changes its meaning raises it. */
export const eventSchemaVersion = 1;

const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));
const wholeNumber = milliseconds;
const actors = ['function', 'workflow', 'operator'] as const;

/** Who did it. The bus takes an event only from Airlock's own roles and the operators of `airlock.yaml`. */
const ActorSchema = v.object({
  kind: v.picklist(actors),
  /** The function's name, the execution's ARN, or the ARN of the operator as STS reports it. */
  name: claim(512),
});

/** Who did it. */
export type Actor = Readonly<v.InferOutput<typeof ActorSchema>>;

/** The fields of every event. */
const envelope = {
  schema: v.literal(eventSchemaVersion),
  /** When it happened. */
  at: TimeSchema,
  actor: ActorSchema,
  /** What happens next; the page has a sentence for each. */
  next: v.picklist(nextSteps),
};

/** The fields of every event about a launch. */
const ofLaunch = {
  ...envelope,
  ...v.pick(LaunchSchema, ['instanceId', 'launchedAt', 'cluster', 'pool', 'nodeName', 'imageId']).entries,
  /** The number of the run in its launch; 0 is the first. */
  run: wholeNumber,
  /** How long the step took, in milliseconds. */
  tookMs: milliseconds,
};

const receiptEvent = v.object({ ...ofLaunch, ...ReceiptSchema.entries });

const breaker = {
  ...envelope,
  cluster: claim(255),
  pool: claim(255),
  /** `<runtime>@<version>`, or `refused`. */
  version: claim(200),
};

/** Nodes of a pool that failed alike, with a text for people; `nodes` counts them since `since`. */
const incident = {
  ...envelope,
  incident: v.object({
    /** The same for all events of the incident. */
    name: claim(200),
    cluster: claim(255),
    pool: claim(255),
    outcome: v.picklist(outcomeCodes),
    since: TimeSchema,
    lastAt: TimeSchema,
    nodes: wholeNumber,
    /** One of its instances; absent once EC2 shows none. */
    example: v.optional(InstanceIdSchema),
  }),
  text: v.object({
    title: claim(100),
    what: claim(),
    where: claim(),
    why: claim(),
    /** What Airlock did with the nodes. */
    consequence: claim(),
    /** How to see the cause, what to do, and how to know that it is over. */
    see: claim(),
    todo: claim(),
    over: claim(),
    runbook: claim(),
    console: claim(),
  }),
};

/** A rollout of one version through one pool, as its record had it. */
const rollout = {
  ...envelope,
  cluster: claim(255),
  pool: claim(255),
  runtime: RequestSchema.entries.runtime,
  /** The version that the pool's nodes get, and the one that most of them had. */
  target: claim(80),
  before: v.optional(claim(80)),
  startedAt: TimeSchema,
  /** The number of the wave, from 1. */
  wave: wholeNumber,
  /** How many nodes have the target, and how many there are. */
  done: wholeNumber,
  total: wholeNumber,
  /** Why it stopped. */
  because: v.optional(claim()),
};

/** The schema of each event's detail, by its detail-type. */
export const eventSchemas = {
  'Node Admitted': v.object({
    ...ofLaunch,
    execution: claim(80),
    providerId: LaunchSchema.entries.providerId,
    deadline: TimeSchema,
    request: v.optional(RequestSchema),
    refused: v.optional(FailureSchema),
    ignored: v.optional(claim()),
    rerun: LaunchSchema.entries.rerun,
    relaunched: LaunchSchema.entries.relaunched,
  }),
  'Launch Ignored': v.object({
    ...envelope,
    ...v.pick(LaunchSchema, ['instanceId', 'launchedAt', 'cluster', 'pool', 'imageId']).entries,
    /** Why an instance that asks for a runtime in a known cluster is not admitted. */
    because: claim(),
  }),
  'Command Deferred': v.object({
    ...ofLaunch,
    request: RequestSchema,
    onlineAt: TimeSchema,
    because: v.picklist(['agent-too-old', 'breaker-open', 'mirror-refused', 'throttled', 'unreachable']),
  }),
  'Command Sent': v.object({
    ...ofLaunch,
    request: RequestSchema,
    attempt: wholeNumber,
    commandId: v.pipe(v.string(), v.uuid()),
    verb: v.picklist(['install', 'prove']),
    /** Its name ends in the hash of its content, so it has one version only. */
    document: claim(255),
    documentHash: claim(64),
    parameters: v.record(claim(80), claim(200)),
    /** The checksums that the document pins for the version, by architecture. */
    checksums: v.record(claim(20), claim(128)),
    onlineAt: TimeSchema,
  }),
  'Node Proven': v.object({ ...ofLaunch, installation: InstallationSchema }),
  'Installation Failed': v.object({
    ...ofLaunch,
    ...FailureSchema.entries,
    attempt: wholeNumber,
    commandId: v.pipe(v.string(), v.uuid()),
    document: claim(255),
  }),
  'Proof Pod Ran': v.object({ ...ofLaunch, ...v.omit(ProofSchema.options[0], ['kind', 'ms']).entries }),
  'Node Released': receiptEvent,
  'Node Quarantined': receiptEvent,
  'Node Replaced': receiptEvent,
  'Node Held': receiptEvent,
  'Launch Discarded': receiptEvent,
  'Node Reverified': receiptEvent,
  'Reverification Failed': receiptEvent,
  /** If the stack signs receipts. */
  'Receipt Signed': v.object({ ...ofLaunch, signed: EnvelopeSchema }),
  'Launch Hook Completed': v.object({
    ...ofLaunch,
    hook: claim(255),
    group: claim(255),
    result: v.picklist(['CONTINUE', 'ABANDON']),
  }),
  'Node Outdated': v.object({ ...ofLaunch, version: claim(80), configured: claim(80) }),
  'Reconcile Finding': v.object({
    ...envelope,
    ...v.pick(LaunchSchema, ['instanceId', 'launchedAt', 'cluster', 'pool']).entries,
    finding: v.picklist(['missed-launch', 'missed-termination', 'stranded', 'drift', 'reopened', 'pinned']),
    detail: claim(),
  }),
  'Incident Opened': v.object(incident),
  'Incident Grew': v.object(incident),
  'Incident Closed': v.object(incident),
  'Breaker Opened': v.object({ ...breaker, failed: wholeNumber, passed: wholeNumber }),
  'Breaker Closed': v.object(breaker),
  'Rollout Started': v.object(rollout),
  'Rollout Wave Done': v.object(rollout),
  'Rollout Stopped': v.object(rollout),
  'Rollout Finished': v.object(rollout),
  'Operator Acted': v.object({
    ...envelope,
    /** The command as typed, without its options, for instance `release`. */
    command: v.pipe(v.string(), v.regex(/^[a-z]+( [a-z]+)?$/)),
    /** Why, in the operator's words. */
    because: v.optional(claim()),
    /** What the act was done without, for instance the proof pod. */
    notProven: v.array(claim(200)),
    /** What it was done to; each field that does not apply is absent. */
    instanceId: v.optional(InstanceIdSchema),
    launchedAt: v.optional(TimeSchema),
    cluster: v.optional(claim(255)),
    pool: v.optional(claim(255)),
    nodeName: v.optional(claim(255)),
  }),
} as const;

/** The detail-type of an Airlock event. */
export type DetailType = keyof typeof eventSchemas;

/** The detail of each event. */
export type EventDetails = { readonly [T in DetailType]: Readonly<v.InferOutput<(typeof eventSchemas)[T]>> };

/** One Airlock event. */
export type AirlockEvent = {
  readonly [T in DetailType]: { readonly type: T; readonly detail: EventDetails[T] };
}[DetailType];

/**
 * Whether a detail has exactly the form of its type: each field is documented, bounded and in its alphabet.
 *
 * @returns what is wrong with it; undefined if nothing is
 */
export function eventProblem(type: string, detail: unknown): string | undefined {
  const schema = (eventSchemas as Readonly<Record<string, v.GenericSchema>>)[type];
  if (schema === undefined) return `${type} is no event of Airlock`;
  const read = v.safeParse(schema, detail);
  if (!read.success) return `${type}: ${v.getDotPath(read.issues[0]) ?? ''}: ${read.issues[0].message}`;
  return firstDifference(detail, read.output, type);
}

/**
 * A schema drops fields that it does not know, and shortens texts: any difference is a field that is not as documented.
 */
function firstDifference(given: unknown, read: unknown, path: string): string | undefined {
  if (typeof given !== 'object' || given === null || typeof read !== 'object' || read === null)
    return Object.is(given, read) ? undefined : `${path} is not as documented`;
  for (const [key, value] of Object.entries(given)) {
    const found = firstDifference(value, (read as Record<string, unknown>)[key], `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
