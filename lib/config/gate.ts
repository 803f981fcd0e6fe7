import * as v from 'valibot';

/** A DNS label; the prefix of a key consists of these. */
const label = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';

/** A taint key: an optional DNS prefix of up to 253 characters, a slash, and a name of up to 63. */
const taintKey = new RegExp(
  `^(?=[^/]{1,253}/|[^/]+$)(${label}(\\.${label})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`,
);

/**
 * Keys that another component adds or removes, so that such a gate would open or close without Airlock. The first match
 * counts.
 */
const owners: readonly (readonly [RegExp, string])[] = [
  [/^(startup-taint|ignore-taint)\.cluster-autoscaler\.kubernetes\.io\//, ''],
  [/^readiness\.k8s\.io\//, ''],
  // Well-known taints: https://kubernetes.io/docs/reference/labels-annotations-taints/
  [/^node\.kubernetes\.io\//, "node.kubernetes.io/ is the node lifecycle controller's"],
  [/^node\.cloudprovider\.kubernetes\.io\//, "node.cloudprovider.kubernetes.io/ is the cloud controller's"],
  // To the Cluster Autoscaler, a status taint marks a broken node.
  [/cluster-autoscaler\.kubernetes\.io\//, 'the prefix of the Cluster Autoscaler for a gate is startup-taint'],
  [/ClusterAutoscaler$/, "it is the Cluster Autoscaler's"],
  [/^([a-z0-9.-]+\.)?(kubernetes|k8s)\.io\//, 'kubernetes.io/ and k8s.io/ are reserved for Kubernetes'],
  // karpenter.sh/unregistered and karpenter.sh/disrupted; karpenter.k8s.aws is its API group for AWS.
  [/^([a-z0-9.-]+\.)?karpenter\.(sh|k8s\.aws)\//, "karpenter.sh/ and karpenter.k8s.aws/ are Karpenter's"],
  [/^eks\.amazonaws\.com\//, "eks.amazonaws.com/ is EKS's"],
  [/^([a-z0-9.-]+\.)?cilium\.io\//, 'Cilium removes cilium.io/ taints'],
  [/^([a-z0-9-]+\.)?csi\.aws\.com\//, 'the AWS CSI drivers remove csi.aws.com/ taints'],
  [/^airlock\.dev\/quarantined$/, 'airlock.dev/quarantined marks quarantined nodes'],
];

/** The schema of `gate`: a taint key that only Airlock removes. */
export const GateSchema = v.pipe(
  v.string('a taint key'),
  v.regex(taintKey, 'a taint key, for instance airlock.dev/bootstrap'),
  v.rawCheck(({ dataset, addIssue }) => {
    const owner = dataset.typed ? owners.find(([key]) => key.test(dataset.value))?.[1] : undefined;
    if (owner) addIssue({ message: `your own taint key, for instance airlock.dev/bootstrap; ${owner}` });
  }),
);
