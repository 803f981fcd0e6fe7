import { rolloutRefusal } from '../../../domain/rollout/acts.ts';
import {
  type ReadRollout,
  type RolloutAct,
  readRolloutItem,
  rolloutChanges,
  rolloutKey,
} from '../../../domain/rollout/rollout.ts';
import { renderUpdate } from '../../../domain/update-expression.ts';
import type { FaultRun } from '../fault-run.ts';

function tableOf({ world }: FaultRun): string {
  return world.cloud.resource('Ledger/Table/Resource').ref;
}

/** The rollout of the run, as the ledger has it. It decides when a run is over, and never whether a rule holds. */
export async function readRollout(faultRun: FaultRun): Promise<ReadRollout | undefined> {
  const items = await faultRun.world.services.dynamoDb.items(tableOf(faultRun));
  const found = items.flatMap(({ rollout, revision, rolloutAct }) => {
    const plain = { rollout: rollout?.S, revision: Number(revision?.N), rolloutAct: rolloutAct?.S };
    return readRolloutItem(plain) ?? [];
  });
  return found[0];
}

/** Does an act as `airlock rollout` does: what is not possible is refused, and changes nothing. */
export async function act(faultRun: FaultRun, what: RolloutAct['act']): Promise<void> {
  const { rollout: watched } = faultRun;
  const read = await readRollout(faultRun);
  if (watched === undefined || read === undefined) return;
  const { rollout } = read;
  const now = faultRun.clock.now();
  const withdrawn = watched.draw.deploys.findLast(({ atMs }) => atMs <= now - watched.began)?.withdrawn ?? [];
  const to = what === 'rollback' ? rollout.before : undefined;
  const canInstall = (version: string) => !withdrawn.includes(version);
  const asked = { act: what, to, canInstall, isProven: () => true, isReasoned: true };
  if (rolloutRefusal(asked, rollout) !== undefined) return;
  const done: RolloutAct = {
    ...{ act: what, by: 'arn:aws:iam::123456789012:role/operator', at: new Date(now).toISOString(), because: 'drawn' },
    ...(to === undefined ? {} : { to }),
  };
  const { ExpressionAttributeValues: _, ...update } = renderUpdate(rolloutChanges.recordRolloutAct, { rolloutAct: '' });
  const { instanceId, launchedAt } = rolloutKey(rollout);
  const input = {
    ...{ TableName: tableOf(faultRun), Key: { instanceId: { S: instanceId }, launchedAt: { S: launchedAt } } },
    ...{ ...update, ExpressionAttributeValues: { ':rolloutAct': { S: JSON.stringify(done) } } },
  };
  const { UpdateItem } = faultRun.world.services.dynamoDb.service.operations;
  await UpdateItem?.run(input as never, { principal: undefined as never, now });
  watched.acts.push({ at: now, act: what, to });
}
