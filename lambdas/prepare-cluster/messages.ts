import { Conflict, Forbidden, NotFound, Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { nameOf } from './ports.ts';

/**
 * The cluster could not be prepared. The message states what to do, and CloudFormation shows it as the resource's
 * reason.
 */
export class NotPrepared extends Error {
  override readonly name = 'NotPrepared';
}

/** Builds the error for a failed request, with what to do about it. */
export function requestFailed(cluster: string, object: Addressed, error: unknown): NotPrepared {
  const what = `cluster ${cluster}, ${nameOf(object)}: ${error instanceof Error ? error.message : String(error)}`;
  return new NotPrepared(`${what}. ${advice(cluster, object, error)}`, { cause: error });
}

function advice(cluster: string, object: Addressed, error: unknown): string {
  if (error instanceof Unreachable && error.nameUnknown) return 'Nothing was applied';
  if (error instanceof Unreachable) {
    return (
      `The API of ${cluster} does not answer this function. A private endpoint needs "private: true" in airlock.yaml, and a public one ` +
      'must accept connections from AWS'
    );
  }
  if (error instanceof Forbidden) {
    return (
      `This function's access entry is missing in ${cluster}, or one of your admission webhooks or policies denies the object. Deploy ` +
      'again, exempt what Airlock applies, or set "manifests: manual" in airlock.yaml and apply what "airlock manifests" prints'
    );
  }
  if (error instanceof Conflict) {
    return (
      `Another manager owns ${nameOf(object)}, or it cannot be changed as Airlock needs. Delete it when nothing needs it any more, remove ` +
      'that runtime from airlock.yaml, or set "manifests: manual"'
    );
  }
  if (error instanceof NotFound && object.apiVersion.startsWith('admissionregistration.k8s.io')) {
    return 'Airlock needs ValidatingAdmissionPolicy, which Kubernetes 1.30 and newer has. Update the cluster';
  }
  return 'This is a bug in Airlock: please report it';
}

/** The policies exist, but did not take effect. */
export function policyIneffective(cluster: string, policy: string, seconds: number): NotPrepared {
  return new NotPrepared(
    `cluster ${cluster}: the admission policy ${policy} was applied but denied nothing for ${seconds} s, so no permissions were granted. Deploy ` +
      `again. If this happens again, check whether ValidatingAdmissionPolicy is disabled in ${cluster}`,
  );
}

/** An object that Airlock does not render was about to be applied. */
export function notRendered(cluster: string, object: Addressed): NotPrepared {
  return new NotPrepared(
    `cluster ${cluster}: ${nameOf(object)} is not as Airlock renders it, so nothing was applied. This is a bug in Airlock: please report it`,
  );
}

/** Permissions were granted while the policies that restrict them were removed. The policies were restored. */
export function bindingLeft(cluster: string, why: string): NotPrepared {
  return new NotPrepared(
    `cluster ${cluster}: ${why} since the policies were removed, so they were restored. Remove that binding, then delete again`,
  );
}

/** The function's version differs from the requested one. It applies its own version or nothing. */
export function versionMismatch(cluster: string, wanted: string, own: string): NotPrepared {
  const seen = wanted.slice(0, 16);
  return new NotPrepared(
    `cluster ${cluster}: version ${seen} of the manifests was requested but the function has ${own}, so nothing was changed. Deploy again, or ` +
      'continue the rollback if it stopped here',
  );
}
