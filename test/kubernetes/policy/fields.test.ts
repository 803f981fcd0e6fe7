import {
  CoreV1Event,
  V1Container,
  V1EventSource,
  V1NodeSpec,
  V1NodeStatus,
  V1ObjectMeta,
  V1ObjectReference,
  V1PodSecurityContext,
  V1PodSpec,
  V1ResourceRequirements,
  V1SecurityContext,
} from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { eventFields, eventFrom, eventMetadata, eventObject } from '../../../kubernetes/event-policy.ts';
import { metadataCare, specCare, statusCare } from '../../../kubernetes/node-policy.ts';
import {
  containerResources,
  containerSecurity,
  podContainer,
  podMetadata,
  podSecurity,
  podSpec,
} from '../../../kubernetes/pod-policy.ts';

it.each([
  ['metadata of a Node', V1ObjectMeta, metadataCare],
  ['spec of a Node', V1NodeSpec, specCare],
  ['status of a Node', V1NodeStatus, statusCare],
  ['metadata of a pod', V1ObjectMeta, podMetadata],
  ['spec of a pod', V1PodSpec, podSpec],
  ['security context of a pod', V1PodSecurityContext, podSecurity],
  ['container', V1Container, podContainer],
  ['security context of a container', V1SecurityContext, containerSecurity],
  ['resources of a container', V1ResourceRequirements, containerResources],
  ['Event', CoreV1Event, eventFields],
  ['metadata of an Event', V1ObjectMeta, eventMetadata],
  ['object of an Event', V1ObjectReference, eventObject],
  ['source of an Event', V1EventSource, eventFrom],
])("every field of the %s in the API's schema is listed", (_what, model, listed) => {
  const fields = model.getAttributeTypeMap().map(({ baseName }) => baseName);

  expect(Object.keys(listed).sort()).toEqual(fields.sort());
});
