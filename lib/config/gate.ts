import * as v from 'valibot';

/** A DNS label, of which the prefix of a key is made. */
const label = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';

/** A taint key: an optional DNS prefix of up to 253 characters, a slash, and a name of up to 63. */
const taintKey = new RegExp(
  `^(?=[^/]{1,253}/|[^/]+$)(${label}(\\.${label})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`,
);

/** Keys that another component adds or lifts by itself, so that a gate of that name opens or closes without Airlock. The first that fits counts. */
const owners: readonly (readonly [RegExp, string])[] = [
  [/^(startup-taint|ignore-taint)\.cluster-autoscaler\.kubernetes\.io\//, ''],
  [/^readiness\.k8s\.io\//, ''],
  // Well-known taints: https://kubernetes.io/docs/reference/labels-annotations-taints/
  [/^node\.kubernetes\.io\//, "node.kubernetes.io/ is the node lifecycle controller's"],
  [/^node\.cloudprovider\.kubernetes\.io\//, "node.cloudprovider.kubernetes.io/ is the cloud controller's"],
  // A status taint says for the Cluster Autoscaler that a node is out of order.
  [/cluster-autoscaler\.kubernetes\.io\//, 'the prefix of the Cluster Autoscaler for a gate is startup-taint'],
  [/ClusterAutoscaler$/, "it is the Cluster Autoscaler's"],
  [/^([a-z0-9.-]+\.)?(kubernetes|k8s)\.io\//, 'kubernetes.io/ and k8s.io/ are reserved for Kubernetes'],
  // karpenter.sh/unregistered and karpenter.sh/disrupted; karpenter.k8s.aws is its API group for AWS.
  [/^([a-z0-9.-]+\.)?karpenter\.(sh|k8s\.aws)\//, "karpenter.sh/ and karpenter.k8s.aws/ are Karpenter's"],
  [/^eks\.amazonaws\.com\//, "eks.amazonaws.com/ is EKS's"],
  [/^([a-z0-9.-]+\.)?cilium\.io\//, 'cilium.io/ is lifted by Cilium'],
  [/^([a-z0-9-]+\.)?csi\.aws\.com\//, 'csi.aws.com/ is lifted by the CSI drivers of AWS'],
  [/^airlock\.dev\/quarantined$/, 'airlock.dev/quarantined marks quarantined nodes'],
];

/** The schema of `gate`: a taint key that is only Airlock's to lift. */
export const GateSchema = v.pipe(
  v.string('a taint key'),
  v.regex(taintKey, 'a taint key, for instance airlock.dev/bootstrap'),
  v.rawCheck(({ dataset, addIssue }) => {
    const owner = dataset.typed ? owners.find(([key]) => key.test(dataset.value))?.[1] : undefined;
    if (owner) addIssue({ message: `your own taint key, for instance airlock.dev/bootstrap; ${owner}` });
  }),
);
