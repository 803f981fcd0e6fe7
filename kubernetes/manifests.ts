import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1Namespace,
  V1Role,
  V1RoleBinding,
  V1RuntimeClass,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
} from '@kubernetes/client-node';
import { stringify } from 'yaml';
import {
  airlockNamespace,
  defaultGateKey,
  gateKindOf,
  gatekeepers,
  nodeEventNamespace,
  poolLabel,
  runtimeClasses,
} from '../domain/kubernetes.ts';
import type { Runtime } from '../domain/node.ts';
import { elsewherePolicy } from './elsewhere-policy.ts';
import { nodePolicy } from './node-policy.ts';
import { podPolicy } from './pod-policy.ts';
import { policy } from './policy.ts';
import { clusterRules, eventRules, proofRules, publishRules } from './rights.ts';

/** One object for a cluster. */
export type Manifest =
  | V1Namespace
  | V1ValidatingAdmissionPolicy
  | V1ValidatingAdmissionPolicyBinding
  | V1ClusterRole
  | V1ClusterRoleBinding
  | V1Role
  | V1RoleBinding
  | V1RuntimeClass;

/** What the manifests depend on. */
export interface ManifestOptions {
  /** The runtimes of the cluster's pools, each with the name under which containerd knows it. */
  readonly runtimes: readonly { readonly runtime: Runtime; readonly handler: string }[];
  /** The group that the access entry gives to Airlock's role. */
  readonly group?: string;
  /** The key of the gate. */
  readonly gate?: string;
}

const managed = { 'app.kubernetes.io/managed-by': 'airlock' };
const rbac = 'rbac.authorization.k8s.io';

/** Everything that a cluster needs before Airlock works in it, in the order in which it has to be applied. */
export function renderManifests({
  runtimes,
  group = gatekeepers,
  gate = defaultGateKey,
}: ManifestOptions): readonly Manifest[] {
  const subjects = [{ kind: 'Group', name: group, apiGroup: rbac }];
  const rules = gateKindOf(gate) === 'readiness' ? [...clusterRules, ...publishRules] : [...clusterRules];
  const gatekeeper = { name: 'airlock-gatekeeper', labels: managed };
  const proof = { name: 'airlock-proof', namespace: airlockNamespace, labels: managed };
  const events = { name: 'airlock-events', namespace: nodeEventNamespace, labels: managed };
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: airlockNamespace, labels: { ...managed, 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    // Before the rights that they bound.
    ...policy(nodePolicy(group, gate, managed)),
    ...policy(podPolicy(group, managed)),
    ...policy(elsewherePolicy(group, managed)),
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: gatekeeper, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: gatekeeper,
      subjects,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: gatekeeper.name },
    },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: events, rules: [...eventRules] },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: events,
      subjects,
      roleRef: { apiGroup: rbac, kind: 'Role', name: events.name },
    },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: proof, rules: [...proofRules] },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: proof,
      subjects,
      roleRef: { apiGroup: rbac, kind: 'Role', name: proof.name },
    },
    ...runtimes.map(({ runtime, handler }) => runtimeClass(runtime, handler)),
  ];
}

/** The manifests as one YAML stream, for kubectl and GitOps. */
export function manifestsAsYaml(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => `---\n${stringify(manifest)}`).join('');
}

/** What a sandbox needs beside its containers, where it is enough to matter to the scheduler: Kata's own figures for its virtual machine. */
const overheads: Partial<Record<Runtime, Readonly<Record<string, string>>>> = {
  kata: { memory: '320Mi', cpu: '250m' },
};

/**
 * The selector is the label that the pool's template gives at birth, so that an autoscaler at zero nodes knows which pool to grow.
 * There is no toleration: the gate alone decides when pods come.
 */
function runtimeClass(runtime: Runtime, handler: string): V1RuntimeClass {
  return {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: runtimeClasses[runtime].name, labels: managed },
    handler,
    ...(overheads[runtime] === undefined ? {} : { overhead: { podFixed: overheads[runtime] } }),
    scheduling: { nodeSelector: { [poolLabel]: runtime } },
  };
}
