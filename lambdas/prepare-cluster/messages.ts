import { Conflict, Forbidden, NotFound, Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { nameOf } from './ports.ts';

/** The cluster is not as it should be. The message says what to do; CloudFormation shows it as the reason of the resource. */
export class NotPrepared extends Error {
  override readonly name = 'NotPrepared';
}

/** What a request failed with, as a sentence with what to do about it. */
export function failed(cluster: string, object: Addressed, error: unknown): NotPrepared {
  const what = `cluster ${cluster}, ${nameOf(object)}: ${error instanceof Error ? error.message : String(error)}`;
  return new NotPrepared(`${what}. ${advice(cluster, object, error)}`, { cause: error });
}

function advice(cluster: string, object: Addressed, error: unknown): string {
  if (error instanceof Unreachable) {
    return (
      `The API of ${cluster} does not answer this function: a private end point needs "private: true" in airlock.yaml, and a public one ` +
      'must be open to addresses of AWS'
    );
  }
  if (error instanceof Forbidden) {
    return (
      `The access entry of this function is missing in ${cluster}, or an admission webhook or policy of yours refuses the object: deploy ` +
      'again, exempt what Airlock applies, or set "manifests: manual" in airlock.yaml and apply what "airlock manifests" prints'
    );
  }
  if (error instanceof Conflict) {
    return (
      `Somebody else owns ${nameOf(object)}, or it cannot be changed to what Airlock needs: delete it once nothing needs it as it is, leave ` +
      'that runtime out of airlock.yaml, or set "manifests: manual"'
    );
  }
  if (error instanceof NotFound && object.apiVersion.startsWith('admissionregistration.k8s.io')) {
    return 'Airlock needs the ValidatingAdmissionPolicy of Kubernetes 1.30 or newer: update the cluster';
  }
  return 'That is a fault of Airlock: please report it';
}

/** The policies are there, but were not seen at work. */
export function notInForce(cluster: string, policy: string, seconds: number): NotPrepared {
  return new NotPrepared(
    `cluster ${cluster}: the admission policy ${policy} was applied but denied nothing for ${seconds} s, so no right was given. Deploy ` +
      `again; if it stays so, look whether ValidatingAdmissionPolicy is turned off in ${cluster}`,
  );
}
