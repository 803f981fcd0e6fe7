import * as v from 'valibot';
import { type Receipt, ReceiptSchema } from './receipt.ts';
import { runtimes } from './runtimes.ts';
import type { Toleration } from './tolerations.ts';

/** The default gate: the key of the taint that a node starts with. */
export const defaultGateKey = 'airlock.dev/bootstrap';

/** The condition that Airlock publishes on a proven Node if node-readiness-controller lifts the gate. */
export const readinessCondition = 'AirlockReady';

/** How autoscalers recognize the gate, and who lifts it. */
export type GateKind = 'startup-taint' | 'cluster-autoscaler' | 'readiness';

/**
 * Derives the kind of a gate from its key.
 *
 * - `readiness.k8s.io/…` belongs to node-readiness-controller: Airlock publishes a condition, and that controller lifts
 *   the taint.
 * - `startup-taint.cluster-autoscaler.kubernetes.io/…` is a taint that the Cluster Autoscaler expects to go away.
 * - Any other key must be declared to the autoscaler: as Karpenter's startupTaints or a node group's taints, or with
 *   kubeadm or the kubelet.
 */
export function gateKindOf(key: string): GateKind {
  if (key.startsWith('readiness.k8s.io/')) return 'readiness';
  return key.startsWith('startup-taint.cluster-autoscaler.kubernetes.io/') ? 'cluster-autoscaler' : 'startup-taint';
}

/**
 * The taint on a quarantined node. It is not a startup taint, so an autoscaler counts the node as lost and launches
 * another.
 */
export const quarantineKey = 'airlock.dev/quarantined';

/**
 * The label of a namespace that takes only pods with a RuntimeClass of Airlock, whatever its value, if `airlock.yaml`
 * enforces that.
 */
export const sandboxedLabel = 'airlock.dev/sandboxed';

/** The label from the pool's template, on the Node from the start. RuntimeClasses and node lists select it. */
export const poolLabel = 'airlock.dev/runtime';

/** The label of a released Node. A kubelet cannot set it: NodeRestriction denies this prefix to node identities. */
export const provenLabel = 'node-restriction.kubernetes.io/airlock-runtime';

/** The label for the Node's state: `released`, `quarantined` or {@link releasedByHand}. */
export const stateLabel = 'airlock.dev/state';

/** The state of a Node whose gate an operator lifted without a proof. It never comes with {@link provenLabel}. */
export const releasedByHand = 'released-by-hand';

/**
 * The annotation in which an operator's command leaves what was done by hand, as JSON. Airlock removes it at the next
 * release or quarantine.
 */
export const operatorActAnnotation = 'airlock.dev/operator-act';

/** The annotation that holds the receipt as JSON. */
export const receiptAnnotation = 'airlock.dev/receipt';

/** The maximum length of a receipt in characters. A Node's annotations share 256 KiB, and others need space too. */
export const receiptLimit = 16_384;

/** The group that an access entry gives to Airlock's role. EKS rejects names that begin with `system:`. */
export const gatekeepers = 'airlock:gatekeepers';

/**
 * The group of the function that prepares a cluster. The group itself grants nothing. The policies treat a member's dry
 * run like a request from {@link gatekeepers}, so the function can see them take effect before it grants anything to
 * that group.
 */
export const preparers = 'airlock:preparers';

/** The source of Airlock's Events, and their reasons. */
export const eventSource = { component: 'airlock', released: 'AirlockReleased', quarantined: 'AirlockQuarantined' };

/** The maximum length of an Event's message. The API rejects a longer one. */
export const eventMessageLimit = 1_024;

/** The field manager of everything that Airlock applies. */
export const fieldManager = 'airlock';

/** Airlock's namespace. */
export const airlockNamespace = 'airlock-system';

/** The namespace for Events about cluster-scoped objects. The API rejects them in any other. */
export const nodeEventNamespace = 'default';

/** Karpenter's label on a node of one of its NodePools. */
export const karpenterPoolLabel = 'karpenter.sh/nodepool';

/** Karpenter sets it to `true` at registration. Until then it restores a startup taint that was removed. */
export const karpenterRegisteredLabel = 'karpenter.sh/registered';

/**
 * Karpenter's taint on a node that it has not registered yet. Before registration, it may be the only mark of Karpenter
 * on the Node.
 */
export const karpenterUnregisteredTaint = 'karpenter.sh/unregistered';

/** The taints that Airlock adds and removes. */
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
  /** Absent if the Node has none: a JSON Patch must then create the map first. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** In the Node's order, because a JSON Patch refers to one by its index. Absent if the Node has none. */
  readonly taints?: readonly Taint[];
  /** The condition Ready; absent before the first heartbeat. */
  readonly ready?: {
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    /** When it got this status, ISO 8601, according to the kubelet; empty if not reported. */
    readonly since?: string;
  };
  /** The condition {@link readinessCondition} and its index in the conditions; absent if it was never published. */
  readonly published?: { readonly place: number; readonly status: string; readonly reason: string };
  /** The running kernel and its boot, according to the kubelet; absent before its first report. */
  readonly boot?: { readonly kernel: string; readonly id: string };
  /** Absent if the container runtime does not report its handlers. */
  readonly handlers?: readonly ListedHandler[];
}

/** One operation of a JSON Patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Escapes a key as one step of a JSON Pointer (RFC 6901). */
export function pointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What Airlock reads of a DaemonSet. */
export interface DaemonSet {
  /** `<namespace>/<name>`. */
  readonly name: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
}

/** One page of a list of Nodes. */
export interface NodePage {
  readonly nodes: readonly ClusterNode[];
  /** The continue token of the next request; absent on the last page. */
  readonly next?: string;
}

/** The instance in a providerID; undefined if it names no AWS instance. */
export function instanceIdOf(providerId: string): string | undefined {
  return /^aws:\/\/\/[a-z0-9-]+\/(i-[0-9a-f]{8,17})$/.exec(providerId)?.[1];
}

/**
 * The receipt on a Node, for any launch. Invalid text counts as none. A kubelet can write it, so it only affects
 * decisions that are safe either way.
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

/** Whether a receipt is about this launch: instance and launch time both match. */
function isOf(receipt: Receipt, launch: { readonly instanceId: string; readonly launchedAt: string }): boolean {
  return receipt.instanceId === launch.instanceId && Date.parse(receipt.launchedAt) === Date.parse(launch.launchedAt);
}

/** The receipt on a Node, if it is about this launch. Invalid text counts as none. */
export function receiptOn(
  node: ClusterNode,
  launch: { readonly instanceId: string; readonly launchedAt: string },
): Receipt | undefined {
  const receipt = anyReceiptOn(node);
  return receipt !== undefined && isOf(receipt, launch) ? receipt : undefined;
}

/**
 * The receipt of a release in this launch. A kubelet can write the annotation but not {@link provenLabel}, so both must
 * exist. The content of the receipt is still a claim.
 */
export function releaseOn(
  node: ClusterNode,
  launch: { readonly instanceId: string; readonly launchedAt: string },
): Receipt | undefined {
  const receipt = receiptOn(node, launch);
  if (receipt?.outcome !== 'released' && receipt?.outcome !== 'already-installed') return undefined;
  return runtimes.some((runtime) => runtime === node.labels?.[provenLabel]) ? receipt : undefined;
}
