import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { claimText } from '../../domain/claim-text.ts';
import { airlockNamespace } from '../../domain/kubernetes.ts';
import { type ProofPod, type ProofPodPlan, proofPod } from '../../domain/proof-pod.ts';
import { failureOfAnswer, NotFound, UnexpectedAnswer } from './kubernetes-errors.ts';
import { type KubernetesRequests, objectIn } from './kubernetes-requests.ts';

/** The address of the pods in our namespace. */
export const proofPodsPath = `/api/v1/namespaces/${airlockNamespace}/pods`;

/** Makes a proof pod. Gives undefined if there is one of this name; throws UnexpectedAnswer if the API finds it invalid. */
export async function createProofPod(requests: KubernetesRequests, plan: ProofPodPlan): Promise<ProofPod | undefined> {
  const answer = await requests.send({ method: 'POST', path: proofPodsPath, body: proofPod(plan) });
  if (answer.code === 409) return undefined;
  if (answer.code === 422) throw new UnexpectedAnswer(failureOfAnswer(answer).message);
  return toProofPod(objectIn(answer) as V1Pod);
}

/** Asks for the deletion of a proof pod; one that is gone already is well. */
export async function deleteProofPod(requests: KubernetesRequests, name: string): Promise<void> {
  try {
    await requests.ask({ method: 'DELETE', path: `${proofPodsPath}/${encodeURIComponent(name)}` });
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
}

/** The last warning that the Events about a pod hold, as `reason: message`; undefined if there is none. */
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

/** A pod as Airlock reads it, out of the API's own JSON, in which times are text. */
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
