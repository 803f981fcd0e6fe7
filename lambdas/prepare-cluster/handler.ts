import * as v from 'valibot';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { manifestsVersion } from '../../kubernetes/version.ts';
import { ownToken, pem } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { type Addressed, KubernetesObjects } from '../adapters/kubernetes-objects.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { versionMismatch } from './messages.ts';
import type { Ports } from './ports.ts';
import { clear, create, update } from './prepare.ts';

const cluster = variable('CLUSTER_NAME');
const endpoint = variable('CLUSTER_ENDPOINT');
const caPem = pem(variable('CLUSTER_CA'));

const settings = variable('MANIFESTS');
const manifests = renderManifests(settings) as readonly Addressed[];
const version = manifestsVersion(renderManifests(settings));

/** The request of the CDK's provider framework: what to do, but not which objects. */
const RequestSchema = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResourceProperties: v.object({ Version: v.string() }),
});

/** The answer to it. */
interface Answer {
  readonly PhysicalResourceId: string;
  /** `Summary`: one line about what was done, what was kept, and why. */
  readonly Data: { readonly Summary: string };
}

/**
 * Applies the manifests to a cluster when the stack is deployed, and removes them when the stack is deleted. The
 * objects come from the function's own code and environment, so a forged event can only apply the same objects again.
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
    // The framework puts the stack trace into the reason that people read, and CloudFormation limits it to 4,096 bytes.
    error.stack = `${error.name}: ${error.message}`;
    throw error;
  } finally {
    await api.close();
  }
}

function run({ RequestType, ResourceProperties }: v.InferOutput<typeof RequestSchema>, ports: Ports): Promise<string> {
  if (RequestType === 'Delete') return clear(manifests, ports);
  // CloudFormation updates the function before it requests that version, in a deployment as in a rollback.
  if (ResourceProperties.Version !== version) throw versionMismatch(cluster, ResourceProperties.Version, version);
  return RequestType === 'Create' ? create(manifests, ports) : update(manifests, ports);
}
