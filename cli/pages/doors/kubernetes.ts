import type { Played } from './checks.ts';

/** The callers of a cluster's API. */
export const callers = ['gatekeeper', 'preparer', 'kubelet', 'tenant', 'administrator'] as const;

/** A caller of a cluster's API. */
export type Caller = (typeof callers)[number];

/** How the page describes each caller. */
export const callerNames: Readonly<Record<Caller, string>> = {
  gatekeeper: '`airlock:gatekeepers`, the role of the cluster function',
  preparer: '`airlock:preparers`, the role that applies the manifests',
  kubelet: 'the kubelet of a node',
  tenant: 'a pod, or a tenant with rights in its own namespaces',
  administrator: 'an administrator of the cluster',
};

/** What follows calls to one door in a cluster. */
export interface ClusterDoor {
  readonly name: string;
  /** The objects that `manifests: apply` creates for it, as `<kind> <name>`; a trailing `*` matches any ending. */
  readonly objects: readonly string[];
  readonly cells: Readonly<Record<Caller, string>>;
  readonly played: readonly Played[];
}

const nodes = (title: string): Played => ({ file: 'test/kubernetes/policy/nodes.test.ts', title });
const hostile = (title: string): Played => ({ file: 'test/lambdas/cluster/hostile.test.ts', title });

const byRights = 'refused by RBAC, unless an administrator gave it the right';
const may = 'may: it owns the cluster, and so every proof there';
const forOneRequest = 'nothing, except during a CloudFormation request: then it applies what it renders';

/** A cluster's doors. */
export const clusterDoors: readonly ClusterDoor[] = [
  {
    name: "the label, gate, taint and receipt of a pool's Node",
    objects: ['ValidatingAdmissionPolicy airlock-nodes', 'ValidatingAdmissionPolicyBinding airlock-nodes'],
    cells: {
      gatekeeper: "may: only Airlock's keys, and it lifts the gate only with the label and a new receipt",
      preparer: forOneRequest,
      kubelet:
        'refused by NodeRestriction for the label and the taints; it may write the receipt, which decides nothing',
      tenant: byRights,
      administrator: may,
    },
    played: [
      hostile('cannot lift its gate or set the label of a release'),
      hostile('cannot turn a failed proof into a release with a forged receipt'),
      nodes("reorder others' taints without adding or removing one"),
    ],
  },
  {
    name: 'a new Node, and its providerID',
    objects: [],
    cells: {
      gatekeeper: 'refused by RBAC',
      preparer: forOneRequest,
      kubelet: 'may make its own; a Node that names another instance reports another boot, and is not released',
      tenant: byRights,
      administrator: may,
    },
    played: [
      hostile('is not released as that node, not even in a first launch: it reports another boot'),
      hostile("twice, if neither has the instance's name, is never released, and both are quarantined"),
    ],
  },
  {
    name: 'every other Node',
    objects: [],
    cells: {
      gatekeeper: 'refused by the policy `airlock-nodes`: it lacks the label of a pool',
      preparer: forOneRequest,
      kubelet: 'only its own',
      tenant: byRights,
      administrator: may,
    },
    played: [nodes('the policies affect no other identity')],
  },
  {
    name: 'the proof pod and its namespace',
    objects: [
      'Namespace airlock-system',
      'ResourceQuota airlock-proof',
      'ValidatingAdmissionPolicy airlock-pods',
      'ValidatingAdmissionPolicyBinding airlock-pods',
      'Role airlock-proof',
      'RoleBinding airlock-proof',
    ],
    cells: {
      gatekeeper: 'may create the proof pod exactly as rendered, up to the quota',
      preparer: forOneRequest,
      kubelet: 'may report anything about a pod on its own node: root on a node can lie about that node',
      tenant: byRights,
      administrator: may,
    },
    played: [{ file: 'test/kubernetes/policy/pods.test.ts', title: 'no proof pod in another namespace' }],
  },
  {
    name: 'Events',
    objects: [
      'ValidatingAdmissionPolicy airlock-events',
      'ValidatingAdmissionPolicyBinding airlock-events',
      'Role airlock-events',
      'RoleBinding airlock-events',
    ],
    cells: {
      gatekeeper: 'may write Events about Nodes, as its own component',
      preparer: forOneRequest,
      kubelet: 'may write Events about anything; Airlock reads those of its proof pod as text, cut to a length',
      tenant: 'may write Events in its own namespaces; Airlock does not read them',
      administrator: may,
    },
    played: [{ file: 'test/kubernetes/policy/events.test.ts', title: 'our identity may not write an Event' }],
  },
  {
    name: 'the RuntimeClasses',
    objects: ['RuntimeClass *'],
    cells: {
      gatekeeper: 'refused by RBAC, and by the policy `airlock-elsewhere`',
      preparer: forOneRequest,
      kubelet: 'may read',
      tenant: byRights,
      administrator: may,
    },
    played: [
      {
        file: 'test/kubernetes/policy/everything-else.test.ts',
        title: 'even with every RBAC right, our identity may not',
      },
    ],
  },
  {
    name: 'the roles, bindings and policies of Airlock, and everything else',
    objects: [
      'ValidatingAdmissionPolicy airlock-elsewhere',
      'ValidatingAdmissionPolicyBinding airlock-elsewhere',
      'ClusterRole airlock-gatekeeper',
      'ClusterRoleBinding airlock-gatekeeper',
    ],
    cells: {
      gatekeeper: 'refused by RBAC, and by the policy `airlock-elsewhere`',
      preparer: forOneRequest,
      kubelet: 'refused by the node authorizer',
      tenant: byRights,
      administrator: may,
    },
    played: [
      {
        file: 'test/kubernetes/policy/everything-else.test.ts',
        title: 'even with every RBAC right, our identity may not',
      },
      { file: 'test/kubernetes/tokens.test.ts', title: 'a request without a token is anonymous and gets nothing' },
    ],
  },
];
