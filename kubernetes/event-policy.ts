import type { CoreV1Event, V1EventSource, V1ObjectMeta, V1ObjectReference } from '@kubernetes/client-node';
import { eventMessageLimit, eventSource, nodeEventNamespace } from '../domain/kubernetes.ts';
import { findViolations, type Shape, texts } from './expressions.ts';
import { holds, none, type PolicyPlan } from './policy.ts';

const is = (value: string) => ({ holds: `has(it) && it == ${JSON.stringify(value)}` });
/** Some versions of the API fill in this field as empty. */
const empty = { holds: "!has(it) || it == ''" };

/** Every field of an Event's metadata. */
export const eventMetadata: Shape<V1ObjectMeta> = {
  annotations: 'absent',
  creationTimestamp: 'free',
  deletionGracePeriodSeconds: 'absent',
  deletionTimestamp: 'absent',
  finalizers: 'absent',
  generateName: 'free',
  generation: 'free',
  labels: 'absent',
  managedFields: 'free',
  name: 'free',
  namespace: 'free',
  ownerReferences: 'absent',
  resourceVersion: 'free',
  selfLink: 'free',
  uid: 'free',
};

/** Every field of an Event. */
export const eventFields: Shape<CoreV1Event> = {
  action: empty,
  apiVersion: 'free',
  count: { holds: '!has(it) || it == 1' },
  eventTime: 'free',
  firstTimestamp: 'free',
  involvedObject: { holds: 'has(it)' },
  kind: 'free',
  lastTimestamp: 'free',
  message: { holds: `has(it) && size(it) <= ${eventMessageLimit}` },
  metadata: 'free',
  reason: { holds: `has(it) && it in ${texts([eventSource.released, eventSource.quarantined])}` },
  related: 'absent',
  reportingComponent: is(eventSource.component),
  reportingInstance: empty,
  series: 'absent',
  source: { holds: 'has(it)' },
  type: { holds: "has(it) && it in ['Normal', 'Warning']" },
};

/** Every field of an Event's object. */
export const eventObject: Shape<V1ObjectReference> = {
  apiVersion: is('v1'),
  fieldPath: empty,
  kind: is('Node'),
  name: { holds: "has(it) && it != ''" },
  namespace: empty,
  resourceVersion: empty,
  uid: { holds: "has(it) && it != ''" },
};

/** Every field of an Event's source. */
export const eventFrom: Shape<V1EventSource> = { component: is(eventSource.component), host: empty };

/** Lets Airlock's identity create Events about Nodes, with its own source and reasons. */
export function eventPolicy(group: string, labels: Readonly<Record<string, string>>): PolicyPlan {
  const wrong = 'an airlock event may not have this field or this value';
  return {
    name: 'airlock-events',
    labels,
    group,
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['events'] }],
    variables: [
      { name: 'metadata', expression: findViolations('object.metadata', 'metadata.', eventMetadata) },
      { name: 'fields', expression: findViolations('object', '', eventFields) },
      { name: 'about', expression: findViolations('object.involvedObject', 'involvedObject.', eventObject) },
      { name: 'from', expression: findViolations('object.source', 'source.', eventFrom) },
    ],
    validations: [
      holds(
        `has(request.namespace) && request.namespace == ${JSON.stringify(nodeEventNamespace)}`,
        `an airlock event must be in the namespace ${nodeEventNamespace}`,
      ),
      none('metadata', wrong),
      none('fields', wrong),
      none('about', wrong),
      none('from', wrong),
    ],
  };
}
