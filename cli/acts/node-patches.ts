import {
  type ClusterNode,
  operatorActAnnotation,
  ownTaintsOf,
  type PatchOperation,
  pointer,
  releasedByHand,
  stateLabel,
} from '../../domain/kubernetes.ts';
import type { OperatorAct } from '../../domain/operator-acts.ts';
import { labelPatch, taintPatch } from '../../lambdas/cluster/patch.ts';

/**
 * The patch that opens a Node without a proof: it lifts Airlock's taints, marks the Node as released by hand and takes
 * a standing label of a proof back, all or nothing. The label of a proof is never set: what selects it must not meet a
 * node that proved nothing.
 */
export function releaseByHandPatch(node: ClusterNode, gateKey: string, act: OperatorAct): PatchOperation[] {
  const taints = (node.taints ?? []).map(({ key, effect }, index) => ({ key, effect, index }));
  const ours = taints.filter(({ key }) => ownTaintsOf(gateKey).includes(key));
  return [
    { op: 'test', path: '/spec/providerID', value: node.providerId },
    ...labelPatch(node, gateKey, { [stateLabel]: releasedByHand }),
    ...annotation(node, act),
    ...taints.flatMap(({ key, effect, index }): PatchOperation[] => [
      { op: 'test', path: `/spec/taints/${index}/key`, value: key },
      { op: 'test', path: `/spec/taints/${index}/effect`, value: effect },
    ]),
    // From the last to the first, because a removal shifts the later ones.
    ...ours.reverse().map(({ index }): PatchOperation => ({ op: 'remove', path: `/spec/taints/${index}` })),
  ];
}

/**
 * The patch that closes a Node: it takes the label of the proof back and adds Airlock's taints, all or nothing. Pods on
 * the node stay.
 */
export function quarantineByHandPatch(node: ClusterNode, gateKey: string, act: OperatorAct): PatchOperation[] {
  return [
    { op: 'test', path: '/spec/providerID', value: node.providerId },
    ...labelPatch(node, gateKey),
    ...taintPatch(node, gateKey, false),
    ...annotation(node, act),
  ];
}

function annotation({ annotations }: ClusterNode, act: OperatorAct): PatchOperation[] {
  const value = JSON.stringify(act);
  if (annotations === undefined) {
    return [
      // In the API, a test for null means that the path is missing.
      { op: 'test', path: '/metadata/annotations', value: null },
      { op: 'add', path: '/metadata/annotations', value: { [operatorActAnnotation]: value } },
    ];
  }
  return [{ op: 'add', path: `/metadata/annotations/${pointer(operatorActAnnotation)}`, value }];
}
