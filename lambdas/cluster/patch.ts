import {
  type ClusterNode,
  ownTaintsOf,
  type PatchOperation,
  pointer,
  provenLabel,
  quarantineKey,
  receiptAnnotation,
  stateLabel,
  sysboxLabel,
} from '../../domain/kubernetes.ts';
import type { Runtime } from '../../domain/node.ts';
import type { Receipt } from '../../domain/receipt.ts';

/**
 * The one patch that releases a node: labels, receipt, and exactly our taints gone. It lands on the Node as it was read, or not at
 * all.
 */
export function releasePatch(node: ClusterNode, gateKey: string, runtime: Runtime, receipt: Receipt): PatchOperation[] {
  const ours = (node.taints ?? [])
    .map(({ key, effect }, index) => ({ key, effect, index }))
    .filter(({ key }) => ownTaintsOf(gateKey).includes(key));
  return [
    ...pins(node, gateKey),
    ...labels(node, {
      [provenLabel]: runtime,
      [stateLabel]: 'released',
      ...(runtime === 'sysbox' ? { [sysboxLabel]: 'running' } : {}),
    }),
    ...receiptOperations(node, receipt),
    // From the last to the first: a removal moves those behind it.
    ...ours.reverse().flatMap(({ key, effect, index }): PatchOperation[] => [
      { op: 'test', path: `/spec/taints/${index}/key`, value: key },
      { op: 'test', path: `/spec/taints/${index}/effect`, value: effect },
      { op: 'remove', path: `/spec/taints/${index}` },
    ]),
  ];
}

/**
 * The one patch that quarantines a node: the gate is there (again), if it is ours to put, the reason stands on the node, and a substitute
 * may be launched.
 *
 * @param breakerOpen leaves the mark for the autoscaler out: pods wait, and no launch follows the other
 */
export function quarantinePatch(
  node: ClusterNode,
  gateKey: string,
  receipt: Receipt,
  breakerOpen: boolean,
): PatchOperation[] {
  const wanted = ownTaintsOf(gateKey).filter((key) => !breakerOpen || key !== quarantineKey);
  const missing = wanted.filter((key) => !node.taints?.some((taint) => taint.key === key));
  const taints = missing.map((key) => ({ key, effect: 'NoSchedule' }));
  return [
    ...pins(node, gateKey),
    ...labels(node, { [stateLabel]: 'quarantined' }),
    ...[provenLabel, sysboxLabel]
      .filter((key) => node.labels?.[key] !== undefined)
      .map((key) => ({ op: 'remove', path: `/metadata/labels/${pointer(key)}` }) as const),
    ...receiptOperations(node, receipt),
    ...(node.taints === undefined && taints.length > 0
      ? [{ op: 'add', path: '/spec/taints', value: taints } as const]
      : taints.map((taint): PatchOperation => ({ op: 'add', path: '/spec/taints/-', value: taint }))),
  ];
}

/**
 * What must still hold when the patch lands. The gate in its place is enough where it is there, so that writers of other parts do
 * not disturb; where it is not, the Node has to be as it was read in all.
 */
function pins(node: ClusterNode, gateKey: string): PatchOperation[] {
  const uid: PatchOperation = { op: 'test', path: '/metadata/uid', value: node.uid };
  const gate = node.taints?.findIndex(({ key }) => key === gateKey) ?? -1;
  const receipt = node.annotations?.[receiptAnnotation];
  if (gate === -1 || node.labels === undefined || node.annotations === undefined) {
    return [uid, { op: 'test', path: '/metadata/resourceVersion', value: node.resourceVersion }];
  }
  return [
    uid,
    { op: 'test', path: `/spec/taints/${gate}/key`, value: gateKey },
    ...(receipt === undefined
      ? []
      : [{ op: 'test', path: `/metadata/annotations/${pointer(receiptAnnotation)}`, value: receipt } as const]),
  ];
}

function labels(node: ClusterNode, values: Readonly<Record<string, string>>): PatchOperation[] {
  if (node.labels === undefined) return [{ op: 'add', path: '/metadata/labels', value: values }];
  return Object.entries(values).map(([key, value]) => ({ op: 'add', path: `/metadata/labels/${pointer(key)}`, value }));
}

function receiptOperations(node: ClusterNode, receipt: Receipt): PatchOperation[] {
  const value = JSON.stringify(receipt);
  if (node.annotations === undefined) {
    return [{ op: 'add', path: '/metadata/annotations', value: { [receiptAnnotation]: value } }];
  }
  return [{ op: 'add', path: `/metadata/annotations/${pointer(receiptAnnotation)}`, value }];
}
