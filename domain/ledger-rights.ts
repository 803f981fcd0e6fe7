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

/** The kinds of rows: one run of a node, one breaker, or what agents of one pool have shown. */
export const recordKinds = ['run', 'breaker', 'agents'] as const;

/** A kind of rows. */
export type RecordKind = (typeof recordKinds)[number];

/** The key attributes of every row. */
const keyAttributes = ['instanceId', 'launchedAt'] as const satisfies readonly (keyof RunKey)[];

type RunAttribute = Exclude<keyof RunRecord, keyof RunKey> | 'relaunched' | 'settledAt' | 'expiresAt';
type BreakerAttribute = keyof Breaker | keyof Scope | 'expiresAt';
type AgentsAttribute = 'arrivals' | 'expiresAt';

const admission: readonly Writer[] = ['admission', 'reconcile'];
const sending: readonly Writer[] = ['dispatch'];
const command: readonly Writer[] = ['dispatch', 'cancellation', 'reconcile'];
const settling: readonly Writer[] = ['results', 'reconcile'];
const end: readonly Writer[] = ['workflow', 'terminations'];

/** Who writes each attribute of a run's row. */
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

/** Who writes each attribute of a breaker's row. */
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

/** Who writes each attribute of a row about agents. */
const ofAgents: Readonly<Record<AgentsAttribute, readonly Writer[]>> = { arrivals: sending, expiresAt: sending };

const tables: Readonly<Record<RecordKind, Readonly<Record<string, readonly Writer[]>>>> = {
  run: ofRun,
  breaker: ofBreaker,
  agents: ofAgents,
};

/**
 * What the conditions of a writer's updates ask for beside its own attributes. DynamoDB holds a policy against every attribute that a request names,
 * in a condition as in an update: a role may write what its conditions ask for. So they ask for as little as they can.
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

/** How the partition keys of each kind of row begin. */
export const partitions: Readonly<Record<RecordKind, string>> = {
  run: 'i-*',
  breaker: 'breaker *',
  agents: 'agents *',
};

/** One kind of row with the attributes that a writer's updates may name. */
export interface Writable {
  readonly kind: RecordKind;
  /** In the order of the alphabet; the key's are among them, for every request names them. */
  readonly attributes: readonly string[];
}

/** What a writer's updates may name, by kind of row. A kind that it does not write is absent. */
export function writableBy(writer: Writer): readonly Writable[] {
  return recordKinds.flatMap((kind) => {
    const own = Object.entries(tables[kind]).flatMap(([attribute, by]) => (by.includes(writer) ? [attribute] : []));
    if (own.length === 0) return [];
    return [
      { kind, attributes: [...new Set([...keyAttributes, ...own, ...(asked[writer]?.[kind] ?? [])])].toSorted() },
    ];
  });
}

/** Every attribute of a kind of row: who writes it, and whose conditions ask for it. */
export function attributesOf(
  kind: RecordKind,
): readonly { readonly attribute: string; readonly writers: readonly Writer[]; readonly askers: readonly Writer[] }[] {
  return Object.entries(tables[kind]).map(([attribute, by]) => ({
    attribute,
    writers: by,
    askers: writers.filter((writer) => (asked[writer]?.[kind] as readonly string[] | undefined)?.includes(attribute)),
  }));
}
