import type { V1NodeSpec, V1NodeStatus, V1ObjectMeta } from '@kubernetes/client-node';
import {
  gateKindOf,
  operatorActAnnotation,
  ownTaintsOf,
  poolLabel,
  provenLabel,
  quarantineKey,
  readinessCondition,
  receiptAnnotation,
  receiptLimit,
  stateLabel,
} from '../domain/kubernetes.ts';
import { runtimeNodeLabels, runtimes } from '../domain/runtimes.ts';
import { findChanges, orElse, texts } from './expressions.ts';
import { holds, none, type PolicyPlan } from './policy.ts';

/**
 * How the policy treats a field of a Node: it checks each entry, the field must not change, or the server writes it.
 */
type Care = 'by entry' | 'fixed' | 'server';

/** Every field of the metadata. The server itself rejects a changed name or uid, but stating it here costs nothing. */
export const metadataCare: Readonly<Record<keyof V1ObjectMeta & string, Care>> = {
  annotations: 'by entry',
  creationTimestamp: 'fixed',
  deletionGracePeriodSeconds: 'fixed',
  deletionTimestamp: 'fixed',
  finalizers: 'fixed',
  generateName: 'fixed',
  generation: 'server',
  labels: 'by entry',
  managedFields: 'server',
  name: 'fixed',
  // A Node has no namespace, and the word is reserved in CEL.
  namespace: 'server',
  ownerReferences: 'fixed',
  resourceVersion: 'server',
  selfLink: 'fixed',
  uid: 'fixed',
};

/** Every field of the specification. */
export const specCare: Readonly<Record<keyof V1NodeSpec & string, Care>> = {
  configSource: 'fixed',
  externalID: 'fixed',
  podCIDR: 'fixed',
  podCIDRs: 'fixed',
  providerID: 'fixed',
  taints: 'by entry',
  unschedulable: 'fixed',
};

/** Every field of the status. */
export const statusCare: Readonly<Record<keyof V1NodeStatus & string, Care>> = {
  addresses: 'fixed',
  allocatable: 'fixed',
  capacity: 'fixed',
  conditions: 'by entry',
  config: 'fixed',
  daemonEndpoints: 'fixed',
  declaredFeatures: 'fixed',
  features: 'fixed',
  images: 'fixed',
  nodeInfo: 'fixed',
  phase: 'fixed',
  runtimeHandlers: 'fixed',
  volumesAttached: 'fixed',
  volumesInUse: 'fixed',
};

const fixed = (care: Readonly<Record<string, Care>>) => Object.keys(care).filter((field) => care[field] === 'fixed');

/** The keys of a map that were added, removed or changed, except Airlock's own. */
function foreignKeys(now: string, before: string, own: readonly string[]): string {
  const theirs = `!(k in ${texts(own)})`;
  return (
    `variables.${now}.filter(k, ${theirs} && !(k in variables.${before} && variables.${before}[k] == variables.${now}[k])) +\n` +
    `variables.${before}.filter(k, ${theirs} && !(k in variables.${now}))`
  );
}

/**
 * The names of the list entries that were added, removed or changed, except Airlock's own; `name` is the field with an
 * entry's name.
 */
function foreignEntries(now: string, before: string, name: string, own: readonly string[]): string {
  const differs = (one: string, other: string) =>
    `variables.${one}.filter(e, !(e.${name} in ${texts(own)}) && !(e in variables.${other})).map(e, e.${name})`;
  return `${differs(now, before)} +\n${differs(before, now)}`;
}

/** A list without Airlock's own entries: the order of the others must not change either. */
function theirs(list: string, name: string, own: readonly string[]): string {
  return `variables.${list}.filter(e, !(e.${name} in ${texts(own)}))`;
}

/**
 * Lets Airlock's identity change only its own labels, annotation and taints on a pool's Node, also through the status
 * subresource. The proof label comes to a Node in one write with its receipt, and the gate is lifted in that same
 * write. Restoring the gate, removing the label and marking a Node require neither.
 */
export function nodePolicy(group: string, gate: string, labels: Readonly<Record<string, string>>): PolicyPlan {
  const published = gateKindOf(gate) === 'readiness';
  // With a readiness gate, node-readiness-controller owns the taint.
  const ownTaints = ownTaintsOf(gate);
  const ownConditions = published ? [readinessCondition] : [];
  const [proven, state, act] = [provenLabel, stateLabel, operatorActAnnotation].map((one) => JSON.stringify(one));
  const ownLabels = [provenLabel, stateLabel, ...Object.keys(runtimeNodeLabels)];
  return {
    name: 'airlock-nodes',
    labels,
    group,
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['nodes', 'nodes/status'] }],
    variables: variables(ownLabels, ownTaints, ownConditions),
    validations: [
      holds(
        // A kubelet may remove the pool label. The gate of a released Node can still be restored.
        `variables.pool in ${texts(runtimes)} || ${proven} in variables.oldLabels`,
        `airlock may not change a node without the label ${poolLabel} of a pool`,
      ),
      none('foreignLabels', 'airlock may not change this label of a node'),
      none('foreignAnnotations', 'airlock may not change this annotation of a node'),
      none('foreignTaints', 'airlock may not change this taint of a node'),
      holds(
        `${theirs('taints', 'key', ownTaints)} == ${theirs('oldTaints', 'key', ownTaints)}`,
        'airlock may not change the order of the taints of a node',
      ),
      holds(
        `variables.taints.all(e, !(e.key in ${texts(ownTaints)}) || e in variables.oldTaints || (e.effect == 'NoSchedule' && !has(e.value) && !has(e.timeAdded)))`,
        'airlock may add its taints to a node with the effect NoSchedule, no value and no time only',
      ),
      none('foreignConditions', 'airlock may not change this condition of a node'),
      holds(
        `${theirs('conditions', 'type', ownConditions)} == ${theirs('oldConditions', 'type', ownConditions)}`,
        'airlock may not change the order of the conditions of a node',
      ),
      none('metadataFields', 'airlock may not change this field of the metadata of a node'),
      none('specFields', 'airlock may not change this field of the spec of a node'),
      none('statusFields', 'airlock may not change this field of the status of a node'),
      holds(
        '!has(oldObject.metadata.managedFields) || size(oldObject.metadata.managedFields) == 0 || ' +
          '(has(object.metadata.managedFields) && size(object.metadata.managedFields) > 0)',
        'airlock may not clear the managedFields of a node',
      ),
      holds(
        // A kubelet or an operator may have written another value, which must not keep the gate from coming back.
        `!(${state} in variables.labels) || variables.labels[${state}] in ['released', 'quarantined'] || ` +
          `(${state} in variables.oldLabels && variables.labels[${state}] == variables.oldLabels[${state}])`,
        `airlock may set the label ${stateLabel} to released or quarantined only`,
      ),
      ...Object.entries(runtimeNodeLabels).map(([label, value]) => {
        const key = JSON.stringify(label);
        return holds(
          `!(${key} in variables.labels) || variables.labels[${key}] == '${value}' || ` +
            `(${key} in variables.oldLabels && variables.labels[${key}] == variables.oldLabels[${key}])`,
          `airlock may set the label ${label} to ${value} only`,
        );
      }),
      holds(
        `!(${act} in variables.annotations) || ` +
          `(${act} in variables.oldAnnotations && variables.annotations[${act}] == variables.oldAnnotations[${act}])`,
        `airlock may remove the annotation ${operatorActAnnotation} only`,
      ),
      holds(
        `!variables.newReceipt || size(variables.receipt) <= ${receiptLimit}`,
        `airlock may write a receipt of at most ${receiptLimit} characters`,
      ),
      holds(
        '!variables.newlyProven || variables.proven == variables.pool',
        `airlock may set the label ${provenLabel} to the runtime of the pool only`,
      ),
      holds(
        '!variables.newlyProven || variables.newReceipt',
        `airlock may set the label ${provenLabel} only together with a new receipt`,
      ),
      ...(published ? [] : gateRules(gate)),
    ],
  };
}

/** The variables for the rules: the Node before and after the request. */
function variables(
  ownLabels: readonly string[],
  ownTaints: readonly string[],
  ownConditions: readonly string[],
): NonNullable<PolicyPlan['variables']> {
  const [pool, proven, text] = [poolLabel, provenLabel, receiptAnnotation].map((one) => JSON.stringify(one));
  // The value of a label or an annotation, or empty if there is none. Neither a runtime nor a receipt is ever empty.
  const valueIn = (map: string, key: string | undefined) =>
    `(${key} in variables.${map} ? variables.${map}[${key}] : '')`;
  return [
    { name: 'labels', expression: orElse('object.metadata.labels', '{}') },
    { name: 'oldLabels', expression: orElse('oldObject.metadata.labels', '{}') },
    { name: 'foreignLabels', expression: foreignKeys('labels', 'oldLabels', ownLabels) },
    { name: 'annotations', expression: orElse('object.metadata.annotations', '{}') },
    { name: 'oldAnnotations', expression: orElse('oldObject.metadata.annotations', '{}') },
    {
      name: 'foreignAnnotations',
      expression: foreignKeys('annotations', 'oldAnnotations', [receiptAnnotation, operatorActAnnotation]),
    },
    { name: 'taints', expression: orElse('object.spec.taints', '[]') },
    { name: 'oldTaints', expression: orElse('oldObject.spec.taints', '[]') },
    { name: 'foreignTaints', expression: foreignEntries('taints', 'oldTaints', 'key', ownTaints) },
    { name: 'conditions', expression: orElse('object.status.conditions', '[]') },
    { name: 'oldConditions', expression: orElse('oldObject.status.conditions', '[]') },
    { name: 'foreignConditions', expression: foreignEntries('conditions', 'oldConditions', 'type', ownConditions) },
    { name: 'pool', expression: valueIn('oldLabels', pool) },
    { name: 'proven', expression: valueIn('labels', proven) },
    {
      name: 'newlyProven',
      expression: `variables.proven != '' && variables.proven != ${valueIn('oldLabels', proven)}`,
    },
    { name: 'receipt', expression: valueIn('annotations', text) },
    {
      name: 'newReceipt',
      expression: `variables.receipt != '' && variables.receipt != ${valueIn('oldAnnotations', text)}`,
    },
    { name: 'metadataFields', expression: findChanges('object.metadata', 'oldObject.metadata', fixed(metadataCare)) },
    { name: 'specFields', expression: findChanges('object.spec', 'oldObject.spec', fixed(specCare)) },
    { name: 'statusFields', expression: findChanges('object.status', 'oldObject.status', fixed(statusCare)) },
  ];
}

/** The gate is lifted only together with a new label and a new receipt, and a Node behind the gate gets no label. */
function gateRules(gate: string): PolicyPlan['validations'] {
  const holdsKey = (list: string, key: string) => `variables.${list}.exists(e, e.key == ${JSON.stringify(key)})`;
  return [
    holds(
      `!variables.newlyProven || !(${holdsKey('taints', gate)} || ${holdsKey('taints', quarantineKey)})`,
      `airlock may set the label ${provenLabel} only on a node without the gate ${gate} and the taint ${quarantineKey}, or if it lifts both`,
    ),
    holds(
      `!${holdsKey('oldTaints', gate)} || ${holdsKey('taints', gate)} || (variables.newlyProven && variables.proven == variables.pool && variables.newReceipt)`,
      `airlock may lift the gate ${gate} only together with a new label ${provenLabel} and a new annotation ${receiptAnnotation}`,
    ),
  ];
}
