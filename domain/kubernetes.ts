import * as v from 'valibot';
import { type Receipt, ReceiptSchema } from './receipt.ts';
import { runtimes } from './runtimes.ts';

/** The gate that a node is born with, if `airlock.yaml` names no other: a taint key. */
export const defaultGateKey = 'airlock.dev/bootstrap';

/** The condition by which a Node says that it is proven, if node-readiness-controller lifts the gate. */
export const readinessCondition = 'AirlockReady';

/** Who knows that the gate is one, and who lifts it. */
export type GateKind = 'startup-taint' | 'cluster-autoscaler' | 'readiness';

/**
 * The kind of a gate, which its key says.
 *
 * - `readiness.k8s.io/…` belongs to node-readiness-controller: Airlock publishes a condition, and that controller lifts the taint.
 * - `startup-taint.cluster-autoscaler.kubernetes.io/…` is what the Cluster Autoscaler takes for a taint that goes away by itself.
 * - Any other key has to be declared if the autoscaler reads it: Karpenter's startupTaints, a node group's taints, kubeadm's or the
 *   kubelet's own.
 */
export function gateKindOf(key: string): GateKind {
  if (key.startsWith('readiness.k8s.io/')) return 'readiness';
  return key.startsWith('startup-taint.cluster-autoscaler.kubernetes.io/') ? 'cluster-autoscaler' : 'startup-taint';
}

/** The taint on a quarantined node. It is no startup taint, so an autoscaler counts the node as lost and launches another. */
export const quarantineKey = 'airlock.dev/quarantined';

/** The label of the pool's template, there from birth: what RuntimeClasses select and what lists of nodes are made by. */
export const poolLabel = 'airlock.dev/runtime';

/** The label of the release. A kubelet cannot set it: NodeRestriction keeps this prefix from node identities. */
export const provenLabel = 'node-restriction.kubernetes.io/airlock-runtime';

/** The label that says how far Airlock is with the node: `released` or `quarantined`. */
export const stateLabel = 'airlock.dev/state';

/** The annotation that holds the receipt as JSON. */
export const receiptAnnotation = 'airlock.dev/receipt';

/** The most characters of a receipt: a Node's annotations may have 256 KiB together, and others need room. */
export const receiptLimit = 16_384;

/** The group that an access entry gives to Airlock's role; names that begin with `system:` are refused by EKS. */
export const gatekeepers = 'airlock:gatekeepers';

/**
 * The group of the function that prepares a cluster. It has no right by it: a dry run of a member is held to the policies as if it came from
 * a member of {@link gatekeepers}, so that the function can see them at work before it gives that group any right.
 */
export const preparers = 'airlock:preparers';

/** Whom our Events come from, and their reasons. */
export const eventSource = { component: 'airlock', released: 'AirlockReleased', quarantined: 'AirlockQuarantined' };

/** The API refuses a longer message in an Event. */
export const eventMessageLimit = 1_024;

/** The name under which the cluster keeps who owns which field of what Airlock applied. */
export const fieldManager = 'airlock';

/** The namespace that is Airlock's own. */
export const airlockNamespace = 'airlock-system';

/** Events about objects without a namespace are only taken here: the API refuses them in any other. */
export const nodeEventNamespace = 'default';

/** Karpenter's label on a node of one of its NodePools. */
export const karpenterPoolLabel = 'karpenter.sh/nodepool';

/** Karpenter sets it to `true` at registration; until then it puts back a startup taint that someone removed. */
export const karpenterRegisteredLabel = 'karpenter.sh/registered';

/** Karpenter's taint on a node that it has not registered: before that, nothing else on the Node may say that it is Karpenter's. */
export const karpenterUnregisteredTaint = 'karpenter.sh/unregistered';

/** The taints that are Airlock's to add and to remove. */
export function ownTaintsOf(gateKey: string): readonly string[] {
  return gateKindOf(gateKey) === 'readiness' ? [quarantineKey] : [gateKey, quarantineKey];
}

/** A taint. */
interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** A runtime handler as the kubelet lists it in the node's status. */
interface ListedHandler {
  readonly name: string;
  readonly userNamespaces: boolean;
}

/** What Airlock reads of a Kubernetes Node. */
export interface ClusterNode {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly createdAt: number;
  /** Empty if the Node has none yet. */
  readonly providerId: string;
  /** Absent if the Node has none: a JSON Patch then has to make the map first. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** In the order of the Node: a JSON Patch names one by its place. Absent if the Node has none. */
  readonly taints?: readonly Taint[];
  /** The condition Ready; absent before the first heartbeat. */
  readonly ready?: {
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    /** Since when it has this status, ISO 8601, as the kubelet reports it; empty if it does not. */
    readonly since?: string;
  };
  /** The condition {@link readinessCondition} and its place among the conditions; absent if it was never published. */
  readonly published?: { readonly place: number; readonly status: string; readonly reason: string };
  /** What the kubelet said of the kernel that runs and of the boot that it runs in; absent before it said anything. */
  readonly boot?: { readonly kernel: string; readonly id: string };
  /** Absent if the container runtime does not report its handlers. */
  readonly handlers?: readonly ListedHandler[];
}

/** One operation of a JSON Patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** A key as one step of a JSON Pointer (RFC 6901). */
export function pointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What Airlock reads of a DaemonSet. */
export interface DaemonSet {
  /** `<namespace>/<name>`. */
  readonly name: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly { readonly key?: string; readonly operator?: string; readonly effect?: string }[];
}

/** One page of a list of Nodes. */
export interface NodePage {
  readonly nodes: readonly ClusterNode[];
  /** What the next request continues with; absent on the last page. */
  readonly next?: string;
}

/** The instance that a providerID names; undefined if it names none of AWS. */
export function instanceIdOf(providerId: string): string | undefined {
  return /^aws:\/\/\/[a-z0-9-]+\/(i-[0-9a-f]{8,17})$/.exec(providerId)?.[1];
}

/**
 * The receipt that a Node carries, whatever launch it is about; text that is no receipt counts as none. A kubelet can write it, so it decides nothing
 * but what is safe either way.
 */
export function anyReceiptOn({ annotations }: ClusterNode): Receipt | undefined {
  const text = annotations?.[receiptAnnotation];
  if (text === undefined || text.length > receiptLimit) return undefined;
  try {
    return v.parse(ReceiptSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether a launch is the one that a receipt is about: the instance and its launch time both agree. */
function isOf(receipt: Receipt, launch: { readonly instanceId: string; readonly launchedAt: string }): boolean {
  return receipt.instanceId === launch.instanceId && Date.parse(receipt.launchedAt) === Date.parse(launch.launchedAt);
}

/** The receipt that a Node carries, if it is one of this launch; text that is no receipt counts as none. */
export function receiptOn(
  node: ClusterNode,
  launch: { readonly instanceId: string; readonly launchedAt: string },
): Receipt | undefined {
  const receipt = anyReceiptOn(node);
  return receipt !== undefined && isOf(receipt, launch) ? receipt : undefined;
}

/**
 * The receipt of a release in this launch. A kubelet can write the annotation but not {@link provenLabel}, so both must be there; what the receipt says
 * is its claim all the same.
 */
export function releaseOn(
  node: ClusterNode,
  launch: { readonly instanceId: string; readonly launchedAt: string },
): Receipt | undefined {
  const receipt = receiptOn(node, launch);
  if (receipt?.outcome !== 'released' && receipt?.outcome !== 'already-installed') return undefined;
  return runtimes.some((runtime) => runtime === node.labels?.[provenLabel]) ? receipt : undefined;
}
