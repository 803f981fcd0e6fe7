import type { Breaker, Scope } from './breaker.ts';
import type { RunKey, RunRecord } from './ledger.ts';

/** Who writes the ledger: a function, by its folder, or the state machine. */
export const writers = [
  'admission',
  'dispatch',
  'results',
  'cancellation',
  'remediation',
  'terminations',
  'reconcile',
  'workflow',
] as const;

/** Who writes the ledger. */
export type Writer = (typeof writers)[number];

/** The kinds of items: a run of a launch, a breaker, or the agent history of a pool. */
export const recordKinds = ['run', 'breaker', 'agents'] as const;

/** A kind of item. */
export type RecordKind = (typeof recordKinds)[number];

/** The key attributes of every item. */
const keyAttributes = ['instanceId', 'launchedAt'] as const satisfies readonly (keyof RunKey)[];

type RunAttribute = Exclude<keyof RunRecord, keyof RunKey> | 'relaunched' | 'settledAt' | 'expiresAt';
type BreakerAttribute = keyof Breaker | keyof Scope | 'expiresAt';
type AgentsAttribute = 'arrivals' | 'expiresAt';

const admission: readonly Writer[] = ['admission', 'reconcile'];
const sending: readonly Writer[] = ['dispatch'];
const command: readonly Writer[] = ['dispatch', 'cancellation', 'reconcile'];
const settling: readonly Writer[] = ['results', 'reconcile'];
const end: readonly Writer[] = ['workflow', 'terminations'];

/** Who writes each attribute of a run record. */
const ofRun: Readonly<Record<RunAttribute, readonly Writer[]>> = {
  recordedAt: admission,
  cluster: admission,
  pool: admission,
  launch: admission,
  request: admission,
  refused: admission,
  relaunched: admission,
  execution: admission,
  expiresAt: admission,
  admittedAt: [...admission, 'terminations'],
  begunAt: ['workflow'],
  nonce: ['workflow'],
  token: sending,
  attempt: sending,
  batchId: sending,
  verb: sending,
  document: sending,
  checksums: sending,
  onlineAt: sending,
  claimedAt: sending,
  commandId: command,
  sentAt: command,
  installation: settling,
  provenToken: settling,
  settledToken: settling,
  settledAt: settling,
  failure: ['workflow'],
  mark: ['workflow'],
  disposition: ['remediation'],
  replacingAt: ['remediation'],
  haltedAt: ['cancellation', 'terminations'],
  outcome: end,
  ending: end,
  endedAt: end,
  endedBy: end,
  receipt: end,
  publishedAt: ['terminations'],
  endExecution: ['reconcile'],
  outdatedFor: ['reconcile'],
  runs: ['reconcile'],
};

/** Who writes each attribute of a breaker. */
const ofBreaker: Readonly<Record<BreakerAttribute, readonly Writer[]>> = {
  cluster: ['remediation', 'workflow'],
  pool: ['remediation', 'workflow'],
  version: ['remediation', 'workflow'],
  expiresAt: ['remediation', 'workflow'],
  state: ['remediation', 'workflow'],
  openedAt: ['remediation'],
  publishedAt: ['remediation'],
  windowStart: ['remediation'],
  failed: ['remediation'],
  passed: ['remediation', 'workflow'],
  probe: ['dispatch', 'remediation', 'terminations', 'workflow'],
  probeUntil: ['dispatch', 'remediation', 'terminations', 'workflow'],
};

/** Who writes each attribute of an agent history. */
const ofAgents: Readonly<Record<AgentsAttribute, readonly Writer[]>> = { arrivals: sending, expiresAt: sending };

const tables: Readonly<Record<RecordKind, Readonly<Record<string, readonly Writer[]>>>> = {
  run: ofRun,
  breaker: ofBreaker,
  agents: ofAgents,
};

/**
 * The attributes that a writer only uses in the conditions of its updates. DynamoDB checks a policy against every
 * attribute that a request names, whether in a condition or in an update. So a role may write what its conditions name,
 * and they name as little as possible.
 */
const asked: Readonly<
  Partial<Record<Writer, Partial<Record<RecordKind, readonly (RunAttribute | BreakerAttribute)[]>>>>
> = {
  admission: { run: ['begunAt'] },
  dispatch: { run: ['haltedAt'], breaker: ['state'] },
  results: { run: ['token'] },
  cancellation: { run: ['batchId'] },
  remediation: { run: ['admittedAt', 'outcome'] },
  terminations: { run: ['replacingAt'] },
  reconcile: { run: ['begunAt', 'token', 'batchId'] },
  workflow: { run: ['execution', 'refused', 'relaunched'] },
};

/** The partition key pattern of each kind of item. */
export const partitions: Readonly<Record<RecordKind, string>> = {
  run: 'i-*',
  breaker: 'breaker *',
  agents: 'agents *',
};

/** One kind of item, with the attributes that a writer's updates may name. */
export interface Writable {
  readonly kind: RecordKind;
  /** Sorted; includes the key attributes, because every request names them. */
  readonly attributes: readonly string[];
}

/** The attributes that a writer's updates may name, by kind of item. A kind that it does not write is absent. */
export function writableBy(writer: Writer): readonly Writable[] {
  return recordKinds.flatMap((kind) => {
    const own = Object.entries(tables[kind]).flatMap(([attribute, by]) => (by.includes(writer) ? [attribute] : []));
    if (own.length === 0) return [];
    return [
      { kind, attributes: [...new Set([...keyAttributes, ...own, ...(asked[writer]?.[kind] ?? [])])].toSorted() },
    ];
  });
}

/** Every attribute of a kind of item: who writes it, and whose conditions name it. */
export function attributesOf(
  kind: RecordKind,
): readonly { readonly attribute: string; readonly writers: readonly Writer[]; readonly askers: readonly Writer[] }[] {
  return Object.entries(tables[kind]).map(([attribute, by]) => ({
    attribute,
    writers: by,
    askers: writers.filter((writer) => (asked[writer]?.[kind] as readonly string[] | undefined)?.includes(attribute)),
  }));
}
