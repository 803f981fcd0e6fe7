import * as v from 'valibot';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { manifestsVersion } from '../../kubernetes/version.ts';
import { ownToken, pem } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { type Addressed, KubernetesObjects } from '../adapters/kubernetes-objects.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { otherVersion } from './messages.ts';
import type { Ports } from './ports.ts';
import { clear, create, update } from './prepare.ts';

const cluster = variable('CLUSTER_NAME');
const endpoint = variable('CLUSTER_ENDPOINT');
const caPem = pem(variable('CLUSTER_CA'));

const settings = variable('MANIFESTS');
const manifests = renderManifests(settings) as readonly Addressed[];
const version = manifestsVersion(renderManifests(settings));

/** What the CDK's provider framework asks: what is to be done, and never with what. */
const RequestSchema = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResourceProperties: v.object({ Version: v.string() }),
});

/** What it answers. */
interface Answer {
  readonly PhysicalResourceId: string;
  /** `Summary`: one line on what was done, and what was kept and why. */
  readonly Data: { readonly Summary: string };
}

/**
 * Applies what a cluster needs while the stack is deployed, and takes it out again when the stack goes. What is applied comes from the
 * function's own code and environment: an event that was forged gets a cluster the same objects that it has.
 *
 * @throws NotPrepared with what to do
 */
export async function handler(event: unknown): Promise<Answer> {
  const request = v.parse(RequestSchema, event);
  logger.resetKeys();
  logger.appendKeys({ cluster, request: request.RequestType });
  const api = new KubernetesObjects({ endpoint, caPem, token: await ownToken(cluster) });
  const ports: Ports = {
    cluster,
    api,
    time: systemTime,
    report: (what) => logger.info(what),
  };
  try {
    const Summary = await run(request, ports);
    logger.info('done', { summary: Summary });
    return { PhysicalResourceId: `airlock-in-${cluster}`, Data: { Summary } };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    logger.error('the cluster is not prepared', error);
    // The framework puts the trace into the reason that people read, and CloudFormation takes 4,096 bytes in all.
    error.stack = `${error.name}: ${error.message}`;
    throw error;
  } finally {
    await api.close();
  }
}

function run({ RequestType, ResourceProperties }: v.InferOutput<typeof RequestSchema>, ports: Ports): Promise<string> {
  if (RequestType === 'Delete') return clear(manifests, ports);
  // CloudFormation brings the function to a version before it asks for that version, forwards and back.
  if (ResourceProperties.Version !== version) throw otherVersion(cluster, ResourceProperties.Version, version);
  return RequestType === 'Create' ? create(manifests, ports) : update(manifests, ports);
}
