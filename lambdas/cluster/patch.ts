import {
  type ClusterNode,
  operatorActAnnotation,
  ownTaintsOf,
  type PatchOperation,
  pointer,
  provenLabel,
  quarantineKey,
  receiptAnnotation,
  stateLabel,
} from '../../domain/kubernetes.ts';
import type { Installation, Receipt } from '../../domain/receipt.ts';
import { runtimeNodeLabels, runtimeTraits } from '../../domain/runtimes.ts';

/**
 * Builds the patch that releases a node: it adds labels and receipt and removes exactly Airlock's taints. It only
 * applies to the Node as it was read: in the boot that was proven, with the same taints and the same proof label.
 * Changes to other parts do not interfere.
 */
export function releasePatch(
  node: ClusterNode,
  gateKey: string,
  { runtime, host }: Pick<Installation, 'runtime' | 'host'>,
  receipt: Receipt,
): PatchOperation[] {
  const taints = (node.taints ?? []).map(({ key, effect }, index) => ({ key, effect, index }));
  const ours = taints.filter(({ key }) => ownTaintsOf(gateKey).includes(key));
  return [
    sameNode(node),
    { op: 'test', path: '/spec/providerID', value: node.providerId },
    { op: 'test', path: '/status/nodeInfo/bootID', value: host.bootId },
    ...(node.labels === undefined
      ? []
      : [
          {
            op: 'test',
            path: `/metadata/labels/${pointer(provenLabel)}`,
            value: node.labels[provenLabel] ?? null,
          } as const,
        ]),
    ...taints.flatMap(({ key, effect, index }): PatchOperation[] => [
      { op: 'test', path: `/spec/taints/${index}/key`, value: key },
      { op: 'test', path: `/spec/taints/${index}/effect`, value: effect },
    ]),
    ...labels(node, {
      [provenLabel]: runtime,
      [stateLabel]: 'released',
      ...runtimeTraits[runtime].nodeLabels,
    }),
    ...annotation(node, receipt),
    // From the last to the first, because a removal shifts the later ones.
    ...ours.reverse().map(({ index }): PatchOperation => ({ op: 'remove', path: `/spec/taints/${index}` })),
  ];
}

/**
 * Builds the patch that keeps pods away from a node: it restores the gate, if Airlock owns that taint, and adds the
 * taint that lets an autoscaler launch a substitute. It depends on nothing that a kubelet can write. Empty if no taint
 * is missing.
 *
 * @param breakerOpen leaves out the taint for the autoscaler: pods wait, and no launch follows another
 */
export function taintPatch(node: ClusterNode, gateKey: string, breakerOpen: boolean): PatchOperation[] {
  const wanted = ownTaintsOf(gateKey).filter((key) => !breakerOpen || key !== quarantineKey);
  const missing = wanted.filter((key) => !node.taints?.some((taint) => taint.key === key));
  if (missing.length === 0) return [];
  const taints = missing.map((key) => ({ key, effect: 'NoSchedule' }));
  if (node.taints !== undefined) {
    return [
      sameNode(node),
      ...sameTaint(node, gateKey),
      ...taints.map((value): PatchOperation => ({ op: 'add', path: '/spec/taints/-', value })),
    ];
  }
  return [
    sameNode(node),
    // In the API, a test for null means that the path is missing.
    { op: 'test', path: '/spec/taints', value: null },
    { op: 'add', path: '/spec/taints', value: taints },
  ];
}

/** Builds the patch that removes the labels of a release and, by default, marks the Node as quarantined. */
export function labelPatch(
  node: ClusterNode,
  gateKey: string,
  values: Readonly<Record<string, string>> = quarantined,
): PatchOperation[] {
  const { labels: before } = node;
  if (before === undefined && Object.keys(values).length === 0) return [];
  return [
    sameNode(node),
    ...sameTaint(node, gateKey),
    ...labels(node, values),
    ...[provenLabel, ...Object.keys(runtimeNodeLabels)].flatMap((key) =>
      removal('/metadata/labels', before ?? {}, key),
    ),
  ];
}

const quarantined = { [stateLabel]: 'quarantined' };

/** Builds the patch that adds the receipt. */
export function receiptPatch(node: ClusterNode, receipt: Receipt): PatchOperation[] {
  return annotation(node, receipt);
}

/** A name can be reused, a UID cannot. */
function sameNode({ uid }: ClusterNode): PatchOperation {
  return { op: 'test', path: '/metadata/uid', value: uid };
}

/** Tests that the gate is still at its index; appended taints do not move it. Empty if there was no gate. */
function sameTaint({ taints = [] }: ClusterNode, gateKey: string): PatchOperation[] {
  const at = taints.findIndex(({ key }) => key === gateKey);
  return at === -1 ? [] : [{ op: 'test', path: `/spec/taints/${at}/key`, value: gateKey }];
}

function labels(node: ClusterNode, values: Readonly<Record<string, string>>): PatchOperation[] {
  if (Object.keys(values).length === 0) return [];
  if (node.labels === undefined) return made('/metadata/labels', values);
  return Object.entries(values).map(([key, value]) => ({ op: 'add', path: `/metadata/labels/${pointer(key)}`, value }));
}

/** Adds the receipt, and removes what an operator's command left: the receipt replaces it. */
function annotation({ annotations }: ClusterNode, receipt: Receipt): PatchOperation[] {
  const value = JSON.stringify(receipt);
  if (annotations === undefined) return made('/metadata/annotations', { [receiptAnnotation]: value });
  const act = removal('/metadata/annotations', annotations, operatorActAnnotation);
  return [{ op: 'add', path: `/metadata/annotations/${pointer(receiptAnnotation)}`, value }, ...act];
}

/** Removes a key from a map. A kubelet may remove it in the meantime, and adding it first makes the removal safe. */
function removal(map: string, before: Readonly<Record<string, string>>, key: string): PatchOperation[] {
  const value = before[key];
  const path = `${map}/${pointer(key)}`;
  return value === undefined
    ? []
    : [
        { op: 'add', path, value },
        { op: 'remove', path },
      ];
}

/** Creates a missing map, and fails if it has appeared in the meantime. */
function made(path: string, value: Readonly<Record<string, string>>): PatchOperation[] {
  return [
    { op: 'test', path, value: null },
    { op: 'add', path, value },
  ];
}
