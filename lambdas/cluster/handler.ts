import * as v from 'valibot';
import {
  type Closing,
  type ClusterCall,
  ClusterCallSchema,
  type NodeCall,
  type RowCall,
} from '../../domain/messages.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Survey } from '../../domain/survey.ts';
import { ownToken } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { performInside } from '../adapters/inside.ts';
import { rowOf } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';
import { authorize } from './authorize.ts';
import { Refused } from './errors.ts';
import { perform } from './perform.ts';

const cluster = variable('CLUSTER_NAME');
/** The function in the network of a private cluster; a cluster that can be reached from here has none. */
const inside = process.env['INSIDE_FUNCTION'];

/**
 * The function of one cluster: closes, releases or quarantines one node, as its row in the ledger says, or surveys the nodes of our pools.
 *
 * @param event a ClusterCall
 * @returns the node's receipt, which Nodes were closed, or one page of the survey
 * @throws an error named `NotYet` while the node has to wait, `Refused` if the row does not say what the call asks for, or named by the outcome
 * where the node will not be released
 */
export async function handler(event: unknown): Promise<Receipt | Closing | Survey> {
  const call = parse(event);
  logger.resetKeys();
  logger.appendKeys({ cluster, action: call.action });
  const allowed = call.action === 'survey' ? call : await authorized(call);
  const token = await ownToken(cluster);
  return inside === undefined ? perform(allowed, token) : performInside(inside, { call: allowed, token });
}

async function authorized({ action, key }: RowCall): Promise<NodeCall> {
  const found = authorize(action, await rowOf(key), cluster);
  if ('call' in found) return found.call;
  throw new Refused(`${action} of ${key.instanceId} launched at ${key.launchedAt}: ${found.refused}`);
}

function parse(event: unknown): ClusterCall {
  const parsed = v.safeParse(ClusterCallSchema, event);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new Error(`the call is not valid at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`);
}
