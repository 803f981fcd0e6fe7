import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { claimText } from '../../domain/claim-text.ts';
import { airlockNamespace } from '../../domain/kubernetes.ts';
import { type ProofPod, type ProofPodPlan, proofPod } from '../../domain/proof-pod.ts';
import { failureOfAnswer, NotFound, UnexpectedAnswer } from './kubernetes-errors.ts';
import { type KubernetesRequests, objectIn } from './kubernetes-requests.ts';

/** The path of the pods in Airlock's namespace. */
export const proofPodsPath = `/api/v1/namespaces/${airlockNamespace}/pods`;

/**
 * Creates a proof pod. Returns undefined if the name exists. Throws UnexpectedAnswer if the API rejects the pod as
 * invalid.
 */
export async function createProofPod(requests: KubernetesRequests, plan: ProofPodPlan): Promise<ProofPod | undefined> {
  const answer = await requests.send({ method: 'POST', path: proofPodsPath, body: proofPod(plan) });
  if (answer.code === 409) return undefined;
  if (answer.code === 422) throw new UnexpectedAnswer(failureOfAnswer(answer).message);
  return toProofPod(objectIn(answer) as V1Pod);
}

/** Deletes a proof pod. Succeeds if it is already gone. */
export async function deleteProofPod(requests: KubernetesRequests, name: string): Promise<void> {
  try {
    await requests.ask({ method: 'DELETE', path: `${proofPodsPath}/${encodeURIComponent(name)}` });
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
}

/** Reads the last warning from a pod's Events, as `reason: message`; undefined if there is none. */
export async function lastWarning(requests: KubernetesRequests, uid: string): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${airlockNamespace}/events`;
  const answer = await requests.ask({ path, query: { fieldSelector: `involvedObject.uid=${uid}` } });
  const { items = [] } = answer as { readonly items?: readonly CoreV1Event[] };
  const when = ({ lastTimestamp, metadata }: CoreV1Event) =>
    new Date(lastTimestamp ?? metadata.creationTimestamp ?? 0).getTime();
  const last = items
    .filter(({ type }) => type === 'Warning')
    .sort((a, b) => when(a) - when(b))
    .at(-1);
  return last && claimText(`${last.reason ?? 'Warning'}: ${last.message ?? ''}`, 500);
}

/** Converts a pod from the API's JSON, in which times are strings. */
export function toProofPod({ metadata, spec, status }: V1Pod): ProofPod {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  const said = [status?.reason, status?.message, waiting?.reason, waiting?.message];
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    createdAt: new Date(metadata?.creationTimestamp ?? 0).getTime(),
    nodeName: spec?.nodeName ?? '',
    runtimeClassName: spec?.runtimeClassName ?? '',
    deleting: metadata?.deletionTimestamp !== undefined,
    phase: status?.phase ?? 'Unknown',
    reason: claimText(said.filter((part) => part !== undefined && part !== '').join(': '), 400),
  };
}
