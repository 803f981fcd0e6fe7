import { randomUUID } from 'node:crypto';
import type { InventoryRules } from '../../domain/function-settings.ts';
import { listDue } from '../../domain/inventory.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { parametersFor, timeSteps } from '../../domain/parameters.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import { sendCommand } from '../adapters/commands.ts';
import { variable } from '../adapters/environment.ts';
import { recordInventoryAsked } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { deliver } from '../dispatch/send.ts';

const rules = variable('INVENTORY');

/** SendCommand takes 50 instances. */
const mostInstances = 50;

/**
 * How long SSM tries to deliver, and what the script may take, in seconds. A node that is not online now is asked again
 * next time.
 */
const seconds = Math.min(...timeSteps);

/**
 * Asks the nodes that are due what runs there. The question is recorded before it is sent, so a pass that dies in
 * between only leaves it out. The document changes nothing on a node, so one that is sent twice does no harm.
 *
 * @param runs the latest runs of nodes that run
 * @returns how many nodes were asked
 */
export async function takeInventory(runs: readonly RunRecord[]): Promise<number> {
  if (rules === null) return 0;
  const due = listDue(runs, rules, Date.now());
  const byRuntime = Map.groupBy(due, ({ request }) => request?.runtime);
  for (const [runtime, own] of byRuntime) {
    for (let at = 0; at < own.length; at += mostInstances) await ask(runtime, own.slice(at, at + mostInstances), rules);
  }
  return due.length;
}

async function ask(runtime: Runtime | undefined, runs: readonly RunRecord[], { documents }: InventoryRules) {
  const document = runtime === undefined ? undefined : documents[runtime];
  if (runtime === undefined || document === undefined) return;
  const batchId = randomUUID();
  const at = new Date().toISOString();
  await Promise.all(
    runs.map(({ instanceId, launchedAt }) => recordInventoryAsked({ instanceId, launchedAt }, batchId, at)),
  );
  const order = {
    document: document.name,
    documentHash: document.hash,
    instanceIds: runs.map(({ instanceId }) => instanceId),
    parameters: parametersFor('inventory', { runtime, version: '', seconds }),
    batchId,
    deliverySeconds: seconds,
  };
  const { sent, unreachable, denied, throttled } = await deliver(order, { send: sendCommand, time: systemTime });
  const left = unreachable.length + denied.length + throttled.length;
  logger.info('asked nodes what runs there', { runtime, nodes: runs.length, commands: sent.length, left });
}
