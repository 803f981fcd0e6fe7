import type { StoredObject, Toleration } from '../object.ts';
import { resourceOfKind } from './resources.ts';
import { forbidden } from './status.ts';
import type { NewObject, Store } from './store.ts';

const usualPreemption = 'PreemptLowerPriority';

/**
 * Prepares a pod before validation, like the API server: it sets defaults, and applies the admission plugins
 * ServiceAccount, Priority, DefaultTolerationSeconds and RuntimeClass.
 *
 * @throws ApiError 403 if the RuntimeClass is unknown or its node selector contradicts the pod's
 */
export function admitPod(store: Store, pod: NewObject): NewObject {
  checkPriority(pod);
  return { ...withRuntimeClass(store, withDefaults(pod)), status: { phase: 'Pending' } };
}

/** The admission plugin Priority. There is no PriorityClass but the two of the system, whose values are not modelled. */
function checkPriority({ spec, metadata }: NewObject): void {
  const { priority = 0, preemptionPolicy = usualPreemption } = (spec ?? {}) as Record<string, unknown>;
  const because = 'priority admission controller computed';
  if (priority !== 0) {
    const why = `the integer value of priority (${priority}) must not be provided in pod spec; ${because} 0 from the given PriorityClass name`;
    throw forbidden('pods', '', metadata.name ?? '', why);
  }
  if (preemptionPolicy !== usualPreemption) {
    const why = `the string value of PreemptionPolicy (${preemptionPolicy}) must not be provided in pod spec; ${because} ${usualPreemption} from the given PriorityClass name`;
    throw forbidden('pods', '', metadata.name ?? '', why);
  }
}

function withDefaults(pod: NewObject): NewObject {
  const spec = {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    enableServiceLinks: true,
    serviceAccountName: 'default',
    serviceAccount: 'default',
    priority: 0,
    preemptionPolicy: usualPreemption,
    securityContext: {},
    ...pod.spec,
  };
  const containers = (spec.containers ?? []).map((container) => ({
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: /:(?!latest$)[^/]+$/.test(container.image ?? '') ? 'IfNotPresent' : 'Always',
    ...container,
  }));
  return { ...pod, spec: { ...spec, containers, tolerations: withNodeFailures(spec.tolerations ?? []) } };
}

/** A pod stays five minutes on a failing node unless its tolerations differ. */
function withNodeFailures(tolerations: readonly Toleration[]): readonly Toleration[] {
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (taint) =>
      !tolerations.some(({ key = '', effect = '' }) => ['', taint].includes(key) && ['', 'NoExecute'].includes(effect)),
  );
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  return [...tolerations, ...added];
}

function withRuntimeClass(store: Store, pod: NewObject): NewObject {
  const wanted = pod.spec?.runtimeClassName;
  const name = pod.metadata.name ?? '';
  const stranger = `pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead`;
  if (wanted === undefined) {
    if (pod.spec?.overhead !== undefined) throw forbidden('pods', '', name, stranger);
    return pod;
  }
  const classes = resourceOfKind('node.k8s.io/v1', 'RuntimeClass');
  const found = classes && store.list(classes, '', ({ metadata }) => metadata.name === wanted).items[0];
  if (found === undefined) throw forbidden('pods', '', name, `pod rejected: RuntimeClass "${wanted}" not found`);
  if (pod.spec?.overhead !== undefined && found.overhead?.podFixed === undefined) {
    throw forbidden('pods', '', name, stranger);
  }
  const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = pod.spec?.nodeSelector?.[key];
    if (own === undefined || own === value) continue;
    const why = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
    throw forbidden('pods', '', name, why);
  }
  const selector = { ...pod.spec?.nodeSelector, ...nodeSelector };
  const spec = {
    ...pod.spec,
    ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: selector }),
    tolerations: [...(pod.spec?.tolerations ?? []), ...tolerations],
    ...(found.overhead?.podFixed === undefined ? {} : { overhead: found.overhead.podFixed }),
  };
  return { ...pod, spec };
}

/**
 * How many seconds a deleted pod gets to end; 0 if it can be removed at once, because nothing of it runs or its kubelet
 * has reported its end.
 */
export function graceOf({ spec, status }: StoredObject, asked: number | undefined): number {
  if ((spec?.nodeName ?? '') === '' || ['Failed', 'Succeeded'].includes(status?.phase ?? '')) return 0;
  return asked ?? spec?.terminationGracePeriodSeconds ?? 30;
}
