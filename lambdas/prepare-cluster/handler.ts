import * as v from 'valibot';
import { ownToken, pem } from '../adapters/eks-identity.ts';
import { variable } from '../adapters/environment.ts';
import { KubernetesObjects } from '../adapters/kubernetes-objects.ts';
import { logger } from '../adapters/telemetry.ts';
import type { Ports } from './ports.ts';
import { clear, create, update } from './prepare.ts';

const cluster = variable('CLUSTER_NAME');
const endpoint = variable('CLUSTER_ENDPOINT');
const caPem = pem(variable('CLUSTER_CA'));

/** Objects as a JSON text: CloudFormation would turn every number and every yes or no in a structure into text. */
const ManifestsSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(
    v.looseObject({
      apiVersion: v.string(),
      kind: v.string(),
      metadata: v.looseObject({ name: v.string(), namespace: v.optional(v.string()) }),
    }),
  ),
);
const PropertiesSchema = v.object({ Manifests: ManifestsSchema });

/** What the CDK's provider framework asks. */
const RequestSchema = v.variant('RequestType', [
  v.object({ RequestType: v.literal('Create'), ResourceProperties: PropertiesSchema }),
  v.object({
    RequestType: v.literal('Update'),
    PhysicalResourceId: v.string(),
    ResourceProperties: PropertiesSchema,
    OldResourceProperties: PropertiesSchema,
  }),
  v.object({ RequestType: v.literal('Delete'), PhysicalResourceId: v.string(), ResourceProperties: PropertiesSchema }),
]);

/** What it answers. */
interface Answer {
  readonly PhysicalResourceId: string;
  /** `Summary`: one line on what was done, and what was kept and why. */
  readonly Data: { readonly Summary: string };
}

/**
 * Applies what a cluster needs while the stack is deployed, and takes it out again when the stack goes.
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
    time: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    tell: (what) => logger.info(what),
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

function run(request: v.InferOutput<typeof RequestSchema>, ports: Ports): Promise<string> {
  const { Manifests } = request.ResourceProperties;
  if (request.RequestType === 'Create') return create(Manifests, ports);
  if (request.RequestType === 'Delete') return clear(Manifests, ports);
  return update(Manifests, request.OldResourceProperties.Manifests, ports);
}
