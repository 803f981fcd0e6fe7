import { defaultGateKey } from '../../domain/kubernetes.ts';
import type { Closing, NodeCall, SurveyCall } from '../../domain/messages.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Survey } from '../../domain/survey.ts';
import { pem } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { Kubernetes } from '../adapters/kubernetes.ts';
import { countEnd, logger } from '../adapters/telemetry.ts';
import { close } from './close.ts';
import type { Ports } from './ports.ts';
import { quarantine } from './quarantine.ts';
import { release } from './release.ts';
import { survey } from './survey.ts';

const cluster = variable('CLUSTER_NAME');
const endpoint = variable('CLUSTER_ENDPOINT');
const caPem = pem(variable('CLUSTER_CA'));
const gateKey = process.env['GATE_KEY'] ?? defaultGateKey;
const proof = process.env['PROOF'] === 'host' ? 'host' : 'pod';

/**
 * Does in the cluster what was found to be allowed, in the name of whoever the token is.
 *
 * @param token a bearer token of the cluster; never logged
 * @throws an error named `NotYet` while the node has to wait, or named by the outcome where it will not be released
 */
export async function perform(call: NodeCall | SurveyCall, token: string): Promise<Receipt | Closing | Survey> {
  const api = new Kubernetes({ endpoint, caPem, token });
  try {
    return call.action === 'survey' ? await survey(call, { api, cluster, gateKey }) : await end(call, api);
  } catch (error) {
    logger.info('the call came to no end', error instanceof Error ? error : String(error));
    throw error;
  } finally {
    await api.close();
  }
}

async function end(call: NodeCall, api: Kubernetes): Promise<Receipt | Closing> {
  logger.appendKeys({ instanceId: call.node.instanceId });
  const ports: Ports = {
    api,
    time: {
      now: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      random: () => Math.random(),
    },
    gateKey,
    proof,
    ended: countEnd,
    warn: (message, error) => logger.warn(message, error instanceof Error ? error : String(error)),
  };
  if (call.action === 'close') {
    const closing = await close(call, ports);
    logger.info('what an earlier launch was given is taken back', { closed: closing.closed });
    return closing;
  }
  const receipt = call.action === 'release' ? await release(call, ports) : await quarantine(call, ports);
  logger.info('the node has its receipt', { outcome: receipt.outcome, detail: receipt.detail });
  return receipt;
}
