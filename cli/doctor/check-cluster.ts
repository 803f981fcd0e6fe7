import type { Diagnosis, Finding, FindingCode } from '../../domain/findings.ts';
import { poolLabel } from '../../domain/kubernetes.ts';
import { type Manifest, renderManifests } from '../../kubernetes/manifests.ts';
import { blockedDaemonSets } from '../../lambdas/cluster/daemons.ts';
import { manifestOptions } from '../../lib/config/manifest-options.ts';
import type { Standard } from './check-pool.ts';
import { differenceOf } from './compare-objects.ts';
import { at, listAt, textAt } from './templates/read.ts';

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
 */
export function checkManifests(
  kind: string,
  live: readonly unknown[],
  context: string,
  { config }: Standard,
): Diagnosis {
  const wanted = renderManifests(manifestOptions(config)).filter((one) => one.kind === kind);
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

function isSame(object: unknown, { metadata }: Manifest): boolean {
  return (
    textAt(object, 'metadata', 'name') === metadata?.name &&
    textAt(object, 'metadata', 'namespace') === metadata?.namespace
  );
}

/**
 * Finds DaemonSets that would have a pod on nodes of the pools and do not tolerate the gate.
 *
 * @param objects every DaemonSet of the cluster
 */
export function checkDaemonSets(objects: readonly unknown[], context: string, { config }: Standard): Diagnosis {
  const { gate } = config;
  const daemonSets = objects.map((object) => ({
    name: `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`,
    nodeSelector: Object(at(object, 'spec', 'template', 'spec', 'nodeSelector')) as Readonly<Record<string, string>>,
    tolerations: listAt(object, 'spec', 'template', 'spec', 'tolerations').map(Object),
  }));
  const names = Object.keys(config.runtimes).flatMap((runtime) =>
    ['amd64', 'arm64'].flatMap((arch) => {
      const labels = { [poolLabel]: runtime, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': arch };
      return blockedDaemonSets(daemonSets, { labels }, gate);
    }),
  );
  const findings = [...new Set(names)].map((name): Finding => {
    const field = 'spec.template.spec.tolerations';
    return {
      code: 'AL0016',
      resource: `DaemonSet ${name} in ${context}`,
      field,
      seen: `none tolerates ${gate}`,
      values: { gate },
    };
  });
  return { checked: daemonSets.map(({ name }) => `DaemonSet ${name} in ${context}`), findings, notChecked: [] };
}
