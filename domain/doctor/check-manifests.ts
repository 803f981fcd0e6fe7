import type { Diagnosis, Finding, FindingCode } from '../findings.ts';
import { differenceOf } from './compare-objects.ts';
import { textAt } from './templates/read.ts';

/** An object that Airlock applies to a cluster. */
export interface AppliedObject {
  readonly kind?: string | undefined;
  readonly metadata?: { readonly name?: string | undefined; readonly namespace?: string | undefined } | undefined;
}

/** The codes that a comparison with the manifests can find. */
export const manifestCodes: readonly FindingCode[] = ['AL0014', 'AL0015'];

/** The kinds that Airlock applies, by the address of their collections. */
export const appliedKinds: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ResourceQuota: '/api/v1/resourcequotas',
  ValidatingAdmissionPolicy: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Role: '/apis/rbac.authorization.k8s.io/v1/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  RuntimeClass: '/apis/node.k8s.io/v1/runtimeclasses',
};

/**
 * Holds the objects of one kind in a cluster against those that Airlock applies.
 *
 * @param context the context of the kubeconfig
 * @param applied all objects that Airlock applies
 */
export function checkManifests(
  kind: string,
  live: readonly unknown[],
  context: string,
  applied: readonly AppliedObject[],
): Diagnosis {
  const wanted = applied.filter((one) => one.kind === kind);
  const findings: Finding[] = [];
  const resources = wanted.map((manifest) => `${kind} ${manifest.metadata?.name} in ${context}`);
  for (const [index, manifest] of wanted.entries()) {
    const resource = resources[index] ?? '';
    const found = live.find((one) => isSame(one, manifest));
    const field = found === undefined ? undefined : differenceOf(manifest, Object(found));
    if (found === undefined) findings.push({ code: 'AL0014', resource, field: 'metadata.name', seen: 'is not there' });
    else if (field !== undefined) {
      const seen = 'is not what Airlock applies';
      findings.push({ code: 'AL0015', resource, field, seen });
    }
  }
  return { checked: resources, findings, notChecked: [] };
}

function isSame(object: unknown, { metadata }: AppliedObject): boolean {
  return (
    textAt(object, 'metadata', 'name') === metadata?.name &&
    textAt(object, 'metadata', 'namespace') === metadata?.namespace
  );
}
