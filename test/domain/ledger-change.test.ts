import { describe, expect, expectTypeOf, it } from 'vitest';
import { agentsChanges } from '../../domain/agents.ts';
import { breakerChanges } from '../../domain/breaker-changes.ts';
import type { RunKey, RunRecord } from '../../domain/ledger.ts';
import type { Change } from '../../domain/ledger-change.ts';
import { runChanges } from '../../domain/run-changes.ts';
import { conditionAttributes, renderUpdate, writtenAttributes } from '../../domain/update-expression.ts';

const kinds: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  run: runChanges,
  breaker: breakerChanges,
  agents: agentsChanges,
};

const changes = Object.entries(kinds).flatMap(([kind, all]) =>
  Object.entries(all).map(([name, change]) => [`${kind} ${name}`, change, Object.values(all)] as const),
);

describe.each(changes)('the change %s', (_, change, ofKind) => {
  it('asks only for attributes that some change writes, or that are the key', () => {
    const written = new Set(['instanceId', 'launchedAt', ...ofKind.flatMap(writtenAttributes)]);
    expect(conditionAttributes(change).filter((name) => !written.has(name))).toEqual([]);
  });

  it('names attributes and values by their signs, so that no reserved word counts', () => {
    const words = (change.condition ?? '').replaceAll(/[#:][A-Za-z]+/g, '');
    expect(words).toMatch(/^(?:attribute_exists|attribute_not_exists|AND|OR|[ ()=<])*$/);
  });

  it('writes each attribute once, as DynamoDB demands', () => {
    const written = writtenAttributes(change);
    expect(written).toEqual([...new Set(written)]);
    expect(written).not.toEqual([]);
  });
});

it('every attribute of a run has a writer', () => {
  type Written = {
    [Name in keyof typeof runChanges]: (typeof runChanges)[Name] extends infer C
      ?
          | (C extends { readonly set: readonly (infer A)[] } ? A : never)
          | (C extends { readonly keep: readonly (infer A)[] } ? A : never)
      : never;
  }[keyof typeof runChanges];
  expectTypeOf<Exclude<keyof RunRecord, keyof RunKey>>().toExtend<Written>();
});

describe('an update', () => {
  it('sets what has a value, and removes what has none', () => {
    const values = {
      ...{ recordedAt: 'now', cluster: 'c', pool: 'p', launch: '{}', request: undefined, refused: '{}' },
      ...{ relaunched: undefined, expiresAt: 1, execution: 'e' },
    };
    const { UpdateExpression, ExpressionAttributeValues } = renderUpdate(runChanges.recordAdmission, values);

    expect(UpdateExpression).toBe(
      'SET #recordedAt = :recordedAt, #cluster = :cluster, #pool = :pool, #launch = :launch, #refused = :refused, ' +
        '#expiresAt = :expiresAt, #execution = if_not_exists(#execution, :execution) REMOVE #request, #relaunched',
    );
    expect(Object.keys(ExpressionAttributeValues ?? {})).not.toContain(':request');
  });

  it('adds, removes, and brings the values that are always the same', () => {
    const values = { cluster: 'c', pool: 'p', version: 'gvisor@1', expiresAt: 1 };
    expect(renderUpdate(breakerChanges.countSuccess, values)).toMatchObject({
      UpdateExpression:
        'SET #state = :state, #cluster = :cluster, #pool = :pool, #version = :version, #expiresAt = :expiresAt ' +
        'REMOVE #probe, #probeUntil ADD #passed :passed',
      ExpressionAttributeValues: { ':state': 'closed', ':passed': 1, ':cluster': 'c' },
    });
  });

  it('names every attribute of its condition', () => {
    expect(renderUpdate(runChanges.releaseClaim, { batchId: 'b' })).toEqual({
      ConditionExpression: '#batchId = :batchId AND attribute_not_exists(#commandId)',
      UpdateExpression: 'REMOVE #claimedAt',
      ExpressionAttributeNames: { '#batchId': 'batchId', '#claimedAt': 'claimedAt', '#commandId': 'commandId' },
      ExpressionAttributeValues: { ':batchId': 'b' },
    });
  });

  it('has to be given a value for each name of its condition', () => {
    // @ts-expect-error the batch is missing
    renderUpdate(runChanges.claimNext, { wasToken: 't' });
    // @ts-expect-error the end of the probe is missing
    renderUpdate(breakerChanges.takeProbe, { probe: 'i', now: 'n' });
  });
});
