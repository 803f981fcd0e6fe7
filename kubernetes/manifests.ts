import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1Namespace,
  V1ResourceQuota,
  V1Role,
  V1RoleBinding,
  V1RuntimeClass,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
} from '@kubernetes/client-node';
import {
  airlockNamespace,
  defaultGateKey,
  gateKindOf,
  gatekeepers,
  nodeEventNamespace,
  poolLabel,
} from '../domain/kubernetes.ts';
import { mostProofPods } from '../domain/proof-pod.ts';
import { type Runtime, runtimeTraits } from '../domain/runtimes.ts';
import { elsewherePolicy } from './elsewhere-policy.ts';
import { eventPolicy } from './event-policy.ts';
import { nodePolicy } from './node-policy.ts';
import { podPolicy } from './pod-policy.ts';
import { policy } from './policy.ts';
import { clusterRules, eventRules, proofRules, publishRules } from './rights.ts';
import { runtimeClassPolicy, sandboxedPolicy } from './sandboxed-policy.ts';

/** One object for a cluster. */
export type Manifest =
  | V1Namespace
  | V1ValidatingAdmissionPolicy
  | V1ValidatingAdmissionPolicyBinding
  | V1ClusterRole
  | V1ClusterRoleBinding
  | V1Role
  | V1RoleBinding
  | V1ResourceQuota
  | V1RuntimeClass;

/** The settings that the manifests depend on. */
export interface ManifestOptions {
  /** The runtimes of the cluster's pools. */
  readonly runtimes: readonly Runtime[];
  /** The key of the gate. */
  readonly gate?: string;
  /** Repositories of the nodes' sandbox images, in addition to the known ones. */
  readonly sandboxImages?: readonly string[];
  /** Whether namespaces with a label take only pods with a RuntimeClass of Airlock. */
  readonly sandboxedNamespaces?: 'off' | 'enforce';
}

/** The labels of every Airlock object. */
export const managed = { 'app.kubernetes.io/managed-by': 'airlock' };
const rbac = 'rbac.authorization.k8s.io';

/** Renders everything that Airlock needs in a cluster, in the order to apply it. */
export function renderManifests({
  runtimes,
  gate = defaultGateKey,
  sandboxImages = [],
  sandboxedNamespaces = 'off',
}: ManifestOptions): readonly Manifest[] {
  const group = gatekeepers;
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
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: proof,
      spec: { hard: { pods: String(mostProofPods) } },
    },
    // Policies come before the permissions that they restrict.
    ...policy(nodePolicy(group, gate, managed)),
    ...policy(podPolicy(group, managed, sandboxImages)),
    ...policy(eventPolicy(group, managed)),
    ...(sandboxedNamespaces === 'off'
      ? []
      : [sandboxedPolicy(runtimes, managed), runtimeClassPolicy(runtimes, managed)].flatMap(policy)),
    // The last one, because the deployment waits until this one denies.
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
    ...runtimes.map(runtimeClass),
  ];
}

/**
 * The selector is the label from the pool's template, so that an autoscaler at zero nodes knows which pool to grow.
 * There is no toleration: only the gate decides when pods come.
 */
function runtimeClass(runtime: Runtime): V1RuntimeClass {
  const { runtimeClass: name, handlers, overhead } = runtimeTraits[runtime];
  return {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name, labels: managed },
    handler: handlers[0],
    ...(overhead === undefined ? {} : { overhead: { podFixed: overhead } }),
    scheduling: { nodeSelector: { [poolLabel]: runtime } },
  };
}
