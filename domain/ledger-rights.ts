import { agentsChanges } from './agents.ts';
import { breakerChanges } from './breaker-changes.ts';
import { incidentChanges, incidentsPartition } from './incidents.ts';
import type { RunKey } from './ledger.ts';
import { type Change, type Writer, writers } from './ledger-change.ts';
import { rolloutChanges, rolloutsPartition } from './rollout/rollout.ts';
import { runChanges } from './run-changes.ts';
import { conditionAttributes, writtenAttributes } from './update-expression.ts';

/** The kinds of items: a run of a launch, a breaker, the agent history of a pool, an incident, or a rollout. */
export const recordKinds = ['run', 'breaker', 'agents', 'incident', 'rollout'] as const;

/** A kind of item. */
export type RecordKind = (typeof recordKinds)[number];

/** The key attributes of every item. */
const keyAttributes = ['instanceId', 'launchedAt'] as const satisfies readonly (keyof RunKey)[];

const changes: Readonly<Record<RecordKind, readonly Change[]>> = {
  run: Object.values(runChanges),
  breaker: Object.values(breakerChanges),
  agents: Object.values(agentsChanges),
  incident: Object.values(incidentChanges),
  rollout: Object.values(rolloutChanges),
};

/** The partition key pattern of each kind of item. */
export const partitions: Readonly<Record<RecordKind, string>> = {
  run: 'i-*',
  breaker: 'breaker *',
  agents: 'agents *',
  incident: incidentsPartition,
  rollout: rolloutsPartition,
};

/** One kind of item, with the attributes that a writer's updates may name. */
export interface Writable {
  readonly kind: RecordKind;
  /** Sorted; includes the key attributes, because every request names them. */
  readonly attributes: readonly string[];
}

/**
 * The attributes that a writer's updates may name, by kind of item. A kind that it does not write is absent. DynamoDB
 * checks a policy against every attribute that a request names, whether in a condition or in an update. So a role may
 * write what its conditions name, and they name as little as possible.
 */
export function writableBy(writer: Writer): readonly Writable[] {
  return recordKinds.flatMap((kind) => {
    const own = changes[kind].filter(({ by }) => by.includes(writer));
    if (own.length === 0) return [];
    const named = own.flatMap((change) => [...writtenAttributes(change), ...conditionAttributes(change)]);
    return [{ kind, attributes: [...new Set([...keyAttributes, ...named])].toSorted() }];
  });
}

/** The condition under which IAM allows an update of these records, with these attributes and no other. */
export function updateCondition({ kind, attributes }: Writable) {
  return {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitions[kind]] },
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes },
    // ForAllValues by itself also matches a request without the key.
    Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
  };
}

/**
 * What operators may name in an update, whatever their own policies allow: their acts in a run and in a rollout, and a
 * breaker that they close.
 */
export const operatorAttributes: readonly string[] = [
  ...new Set([
    ...keyAttributes,
    ...[runChanges.recordOperatorAct, rolloutChanges.recordRolloutAct, breakerChanges.close].flatMap(
      (change: Change) => [...writtenAttributes(change), ...conditionAttributes(change)],
    ),
  ]),
].toSorted();

/** Every attribute of a kind of item: who writes it, and whose conditions name it although they do not write it. */
export function attributesOf(
  kind: RecordKind,
): readonly { readonly attribute: string; readonly writers: readonly Writer[]; readonly askers: readonly Writer[] }[] {
  const making = (list: (change: Change) => readonly string[], attribute: string) =>
    writers.filter((writer) => changes[kind].some((one) => one.by.includes(writer) && list(one).includes(attribute)));
  return [...new Set(changes[kind].flatMap(writtenAttributes))].map((attribute) => {
    const writing = making(writtenAttributes, attribute);
    const asking = making(conditionAttributes, attribute);
    return { attribute, writers: writing, askers: asking.filter((writer) => !writing.includes(writer)) };
  });
}
