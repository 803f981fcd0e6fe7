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
  if (error instanceof Unreachable && error.nameUnknown) return 'Nothing was applied';
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
      `Someone else owns ${nameOf(object)}, or it cannot be changed to what Airlock needs: delete it once nothing needs it as it is, leave ` +
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

/** An object that Airlock does not render was about to be applied. */
export function notRendered(cluster: string, object: Addressed): NotPrepared {
  return new NotPrepared(
    `cluster ${cluster}: ${nameOf(object)} is not as Airlock renders it, so nothing was applied. That is a fault of Airlock: please report it`,
  );
}

/** Rights were given while the policies that bound them were removed; the policies are back. */
export function stillBound(cluster: string, why: string): NotPrepared {
  return new NotPrepared(
    `cluster ${cluster}: ${why} since the policies were removed, so they were put back. Remove that binding, then delete again`,
  );
}

/** The function that runs is not of the version that is asked for; it applies its own or nothing. */
export function otherVersion(cluster: string, wanted: string, own: string): NotPrepared {
  const seen = wanted.slice(0, 16);
  return new NotPrepared(
    `cluster ${cluster}: version ${seen} of the manifests is asked for and the function has ${own}, so nothing was changed. Deploy again, or ` +
      'continue the rollback if one stopped here',
  );
}
