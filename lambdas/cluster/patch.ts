import {
  type ClusterNode,
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
 * The one patch that releases a node: labels, receipt, and exactly our taints gone. It lands on the Node that was looked at, in the boot that was
 * proven, while its taints and the label of a release are as they were read, or not at all; writers of other parts do not disturb it.
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
    // From the last to the first: a removal moves those behind it.
    ...ours.reverse().map(({ index }): PatchOperation => ({ op: 'remove', path: `/spec/taints/${index}` })),
  ];
}

/**
 * The patch that keeps pods from a node: the gate is there (again), if it is ours to put, and a substitute may be launched. A kubelet writes none of
 * what it depends on. Empty if nothing is missing.
 *
 * @param breakerOpen leaves the mark for the autoscaler out: pods wait, and no launch follows the other
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
    // The API takes a test for null as one that nothing is there.
    { op: 'test', path: '/spec/taints', value: null },
    { op: 'add', path: '/spec/taints', value: taints },
  ];
}

/** The patch that takes the labels of a release away and, if the Node is quarantined, says so. */
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
    ...[provenLabel, ...Object.keys(runtimeNodeLabels)]
      .filter((key) => before?.[key] !== undefined)
      .flatMap((key): PatchOperation[] => {
        const path = `/metadata/labels/${pointer(key)}`;
        // A kubelet may take one of them away meanwhile; what was just added can be removed.
        return [
          { op: 'add', path, value: before?.[key] },
          { op: 'remove', path },
        ];
      }),
  ];
}

const quarantined = { [stateLabel]: 'quarantined' };

/** What adds the receipt to another patch. */
export function receiptPatch(node: ClusterNode, receipt: Receipt): PatchOperation[] {
  return annotation(node, receipt);
}

/** A name can be used again, a uid cannot. */
function sameNode({ uid }: ClusterNode): PatchOperation {
  return { op: 'test', path: '/metadata/uid', value: uid };
}

/** A gate that was there is there still, in its place: what is appended moves none. Nothing if it was not there. */
function sameTaint({ taints = [] }: ClusterNode, gateKey: string): PatchOperation[] {
  const at = taints.findIndex(({ key }) => key === gateKey);
  return at === -1 ? [] : [{ op: 'test', path: `/spec/taints/${at}/key`, value: gateKey }];
}

function labels(node: ClusterNode, values: Readonly<Record<string, string>>): PatchOperation[] {
  if (Object.keys(values).length === 0) return [];
  if (node.labels === undefined) return made('/metadata/labels', values);
  return Object.entries(values).map(([key, value]) => ({ op: 'add', path: `/metadata/labels/${pointer(key)}`, value }));
}

function annotation(node: ClusterNode, receipt: Receipt): PatchOperation[] {
  const value = JSON.stringify(receipt);
  if (node.annotations === undefined) return made('/metadata/annotations', { [receiptAnnotation]: value });
  return [{ op: 'add', path: `/metadata/annotations/${pointer(receiptAnnotation)}`, value }];
}

/** Makes a map that was not there, and takes the place of none that came meanwhile. */
function made(path: string, value: Readonly<Record<string, string>>): PatchOperation[] {
  return [
    { op: 'test', path, value: null },
    { op: 'add', path, value },
  ];
}
