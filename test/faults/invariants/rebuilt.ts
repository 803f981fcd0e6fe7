import { isDeepStrictEqual } from 'node:util';
import { rebuildRuns } from '../../../domain/trail.ts';
import type { FaultRun } from '../fault-run.ts';
import type { Invariant } from './invariant.ts';

/**
 * The audit group by itself rebuilds every receipt that the ledger has, and the steps of a released launch in order.
 */
export const receiptsRebuilt: Invariant = {
  name: 'not rebuilt from the audit trail',
  violations(faultRun) {
    const runs = rebuildRuns(faultRun.world.trail());
    const rebuilt = new Map(runs.map((run) => [`${run.instanceId} ${run.launchedAt}`, run]));
    const missing = receiptsInLedger(faultRun).flatMap(({ id, receipt }) =>
      isDeepStrictEqual(rebuilt.get(id)?.receipt, receipt) ? [] : [`the receipt of ${id}`],
    );
    const disordered = runs.flatMap(({ instanceId, ending, admittedAt, onlineAt, sentAt, receipt }) => {
      if (ending !== 'released' || sentAt === undefined) return [];
      // Two functions and AWS note these times, each to its millisecond; only a command without an event has other
      // ones.
      const { settledAt } = receipt?.installation ?? {};
      const steps = [onlineAt, sentAt, settledAt, receipt?.endedAt].map((at) => Date.parse(at ?? ''));
      const inOrder = steps.every((at, index) => index === 0 || at >= (steps[index - 1] ?? Number.NaN));
      return inOrder && admittedAt !== undefined ? [] : [`the steps of ${instanceId}: ${steps.join(', ')}`];
    });
    return [...missing, ...disordered];
  },
};

interface Written {
  readonly Key: { readonly instanceId: { readonly S: string }; readonly launchedAt: { readonly S: string } };
  readonly ExpressionAttributeValues?: { readonly ':receipt'?: { readonly S: string } };
}

/** The receipts that were written with an end before the run came to rest, by the calls that wrote them. */
function receiptsInLedger({
  world,
  restsFrom,
}: FaultRun): readonly { readonly id: string; readonly receipt: unknown }[] {
  return world.cloud.journal.flatMap(({ operation, input, error, at }) => {
    if (operation !== 'UpdateItem' || error !== undefined || at >= restsFrom) return [];
    const { Key, ExpressionAttributeValues } = input as Written;
    const text = ExpressionAttributeValues?.[':receipt']?.S;
    return text === undefined
      ? []
      : [{ id: `${Key.instanceId.S} ${Key.launchedAt.S}`, receipt: JSON.parse(text) as unknown }];
  });
}
