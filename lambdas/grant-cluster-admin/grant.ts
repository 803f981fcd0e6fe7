import { isUnderWay, type RequestType } from './decide.ts';
import type { Answer, Ports } from './ports.ts';

/** The request was not CloudFormation's, or the right could not be given or taken back. The message says what to do. */
export class NotGranted extends Error {
  override readonly name = 'NotGranted';
}

/** How often CloudFormation is asked, and the pause between: its answer may be a moment behind. */
const looks = 4;
const pollIntervalMs = 3_000;

/** A request to prepare a cluster, as far as it is passed on. */
export interface Request {
  readonly RequestType: RequestType;
  readonly ResourceProperties: { readonly Version: string };
}

/**
 * Makes the function that prepares a cluster its administrator for the length of one request, if CloudFormation is really at that request.
 *
 * @returns the answer of that function
 * @throws NotGranted, or the failure of that function
 */
export async function grant(request: Request, ports: Ports): Promise<Answer> {
  await seeUnderWay(request.RequestType, ports);
  const { RequestType, ResourceProperties } = request;
  try {
    if (!(await ports.letIn())) return absent(RequestType, ports.cluster);
    return await ports.prepare({ RequestType, ResourceProperties });
  } finally {
    // Thrown in place of what went wrong before: a right that stays is the graver of the two.
    await ports.letOut().catch((cause: unknown) => {
      throw new NotGranted(
        `cluster ${ports.cluster}: the access entry of prepare-cluster could not be deleted (${String(cause)}). Delete it: ` +
          `aws eks list-access-entries --cluster-name ${ports.cluster} names it`,
        { cause },
      );
    });
  }
}

async function seeUnderWay(request: RequestType, { cluster, status, time }: Ports): Promise<void> {
  let seen: string | undefined;
  for (let look = 0; look < looks; look++) {
    if (look > 0) await time.sleep(pollIntervalMs);
    seen = await status();
    if (isUnderWay(request, seen)) return;
  }
  throw new NotGranted(
    `cluster ${cluster}: ${request} is asked for, but CloudFormation has the resource as ${seen ?? 'unknown'}, so nothing was done. Only a ` +
      'deployment of the stack may ask',
  );
}

function absent(request: RequestType, cluster: string): Answer {
  if (request !== 'Delete') throw new NotGranted(`EKS has no cluster ${cluster} any more: take it out of airlock.yaml`);
  return { PhysicalResourceId: `airlock-in-${cluster}`, Data: { Summary: 'the cluster is gone' } };
}
