import type { V1Pod } from '@kubernetes/client-node';
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import type { PromiseCoreV1Api } from '@kubernetes/client-node/dist/gen/types/PromiseAPI.js';
import { claimText } from '../../domain/claim-text.ts';
import { airlockNamespace } from '../../domain/kubernetes.ts';
import { type ProofPod, type ProofPodPlan, proofPod } from '../../domain/proof-pod.ts';
import { failureOf, UnexpectedAnswer } from './kubernetes-errors.ts';

/** Makes a proof pod. Gives undefined where there is one of this name; throws UnexpectedAnswer where the API finds it invalid. */
export async function createProofPod(api: PromiseCoreV1Api, plan: ProofPodPlan): Promise<ProofPod | undefined> {
  try {
    return toProofPod(await api.createNamespacedPod(airlockNamespace, proofPod(plan)));
  } catch (error) {
    if (error instanceof ApiException && error.code === 409) return undefined;
    const failure = failureOf(error);
    if (error instanceof ApiException && error.code === 422) throw new UnexpectedAnswer(failure.message);
    throw failure;
  }
}

/** Asks for the deletion of a proof pod; one that is gone already is well. */
export async function deleteProofPod(api: PromiseCoreV1Api, name: string): Promise<void> {
  try {
    await api.deleteNamespacedPod(name, airlockNamespace);
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return;
    throw failureOf(error);
  }
}

/** The last warning that the Events about a pod hold, as `reason: message`; undefined where there is none. */
export async function lastWarning(api: PromiseCoreV1Api, uid: string): Promise<string | undefined> {
  const about = `involvedObject.uid=${uid}`;
  const { items } = await api
    .listNamespacedEvent(airlockNamespace, undefined, undefined, undefined, about)
    .catch((error: unknown) => {
      throw failureOf(error);
    });
  const when = ({ lastTimestamp, metadata }: (typeof items)[number]) =>
    (lastTimestamp ?? metadata.creationTimestamp)?.getTime() ?? 0;
  const last = items
    .filter(({ type }) => type === 'Warning')
    .sort((a, b) => when(a) - when(b))
    .at(-1);
  return last && claimText(`${last.reason ?? 'Warning'}: ${last.message ?? ''}`, 500);
}

/** A pod as Airlock reads it, out of what the client made of it or of the API's own JSON, in which times are text. */
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
