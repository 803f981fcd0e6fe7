import { isUnderWay, type RequestType } from './decide.ts';
import type { Answer, Ports } from './ports.ts';

/**
 * The request did not come from CloudFormation, or the access could not be granted or revoked. The message states what
 * to do.
 */
export class NotGranted extends Error {
  override readonly name = 'NotGranted';
}

/** How often CloudFormation is polled, and the pause in between: its answer may be slightly out of date. */
const polls = 4;
const pollIntervalMs = 3_000;

/** A request to prepare a cluster: the part that is passed on. */
export interface Request {
  readonly RequestType: RequestType;
  readonly ResourceProperties: { readonly Version: string };
}

/**
 * Makes the function that prepares a cluster its administrator for the duration of one request, if CloudFormation is
 * really performing that request.
 *
 * @returns the answer of that function
 * @throws NotGranted, or the failure of that function
 */
export async function grant(request: Request, ports: Ports): Promise<Answer> {
  await checkUnderWay(request.RequestType, ports);
  const { RequestType, ResourceProperties } = request;
  try {
    if (!(await ports.grantAccess())) return absent(RequestType, ports.cluster);
    return await ports.prepare({ RequestType, ResourceProperties });
  } finally {
    // This error replaces an earlier one: an access that stays is worse.
    await ports.revokeAccess().catch((cause: unknown) => {
      throw new NotGranted(
        `cluster ${ports.cluster}: the access entry of prepare-cluster could not be deleted (${String(cause)}). Delete it: ` +
          `aws eks list-access-entries --cluster-name ${ports.cluster} names it`,
        { cause },
      );
    });
  }
}

async function checkUnderWay(request: RequestType, { cluster, status, time }: Ports): Promise<void> {
  let seen: string | undefined;
  for (let poll = 0; poll < polls; poll++) {
    if (poll > 0) await time.sleep(pollIntervalMs);
    seen = await status();
    if (isUnderWay(request, seen)) return;
  }
  throw new NotGranted(
    `cluster ${cluster}: ${request} was requested, but the resource's status in CloudFormation is ${seen ?? 'unknown'}, so nothing was done. Only a ` +
      'deployment of the stack may request this',
  );
}

function absent(request: RequestType, cluster: string): Answer {
  if (request !== 'Delete') throw new NotGranted(`EKS no longer has a cluster ${cluster}: remove it from airlock.yaml`);
  return { PhysicalResourceId: `airlock-in-${cluster}`, Data: { Summary: 'the cluster is gone' } };
}
