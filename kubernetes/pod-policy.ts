import type {
  V1Container,
  V1ObjectMeta,
  V1PodSecurityContext,
  V1PodSpec,
  V1ResourceRequirements,
  V1SecurityContext,
} from '@kubernetes/client-node';
import { airlockNamespace } from '../domain/kubernetes.ts';
import {
  proofContainer,
  proofPodGraceSeconds,
  proofPodLabels,
  proofPodNameForm,
  proofPodSeconds,
  proofUser,
} from '../domain/proof-pod.ts';
import { runtimeTraits } from '../domain/runtimes.ts';
import { sandboxImagePattern } from '../domain/sandbox-images.ts';
import { findViolations, type Shape, texts } from './expressions.ts';
import { holds, none, type PolicyPlan } from './policy.ts';

const is = (value: string | number | boolean) => ({ holds: `has(it) && it == ${JSON.stringify(value)}` });
const labels = Object.entries(proofPodLabels).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);

/** Every field of the metadata of a proof pod. */
export const podMetadata: Shape<V1ObjectMeta> = {
  annotations: 'absent',
  creationTimestamp: 'free',
  deletionGracePeriodSeconds: 'absent',
  deletionTimestamp: 'absent',
  finalizers: 'absent',
  generateName: 'absent',
  generation: 'free',
  labels: { holds: `has(it) && it == {${labels.join(', ')}}` },
  managedFields: 'free',
  name: { holds: `has(it) && it.matches(${JSON.stringify(proofPodNameForm)})` },
  // The policy on everything else checks it.
  namespace: 'free',
  ownerReferences: 'absent',
  resourceVersion: 'free',
  selfLink: 'free',
  uid: 'free',
};

/**
 * Every field of the spec. Fields that the API's defaults and built-in plugins fill in are free; they grant nothing.
 */
export const podSpec: Shape<V1PodSpec> = {
  activeDeadlineSeconds: is(proofPodSeconds),
  affinity: 'absent',
  automountServiceAccountToken: is(false),
  containers: { holds: 'has(it) && size(it) == 1' },
  dnsConfig: 'absent',
  dnsPolicy: is('ClusterFirst'),
  enableServiceLinks: is(false),
  ephemeralContainers: 'absent',
  hostAliases: 'absent',
  hostIPC: 'absent',
  hostNetwork: 'absent',
  hostPID: 'absent',
  hostUsers: { holds: '!has(it) || it == false' },
  hostname: 'absent',
  hostnameOverride: 'absent',
  imagePullSecrets: 'free',
  initContainers: 'absent',
  nodeName: { holds: "has(it) && it != ''" },
  nodeSelector: 'free',
  os: 'absent',
  overhead: 'free',
  preemptionPolicy: 'free',
  priority: 'free',
  priorityClassName: { holds: "!has(it) || !it.startsWith('system-')" },
  readinessGates: 'absent',
  resourceClaims: 'absent',
  resources: 'absent',
  restartPolicy: is('Never'),
  runtimeClassName: {
    holds: `has(it) && it in ${texts(Object.values(runtimeTraits).map(({ runtimeClass }) => runtimeClass))}`,
  },
  schedulerName: 'free',
  schedulingGates: 'absent',
  schedulingGroup: 'absent',
  securityContext: { holds: 'has(it)' },
  serviceAccount: is('default'),
  serviceAccountName: is('default'),
  setHostnameAsFQDN: 'absent',
  shareProcessNamespace: 'absent',
  subdomain: 'absent',
  terminationGracePeriodSeconds: is(proofPodGraceSeconds),
  tolerations: 'free',
  topologySpreadConstraints: 'absent',
  volumes: 'absent',
};

/** Every field of the pod's security context. */
export const podSecurity: Shape<V1PodSecurityContext> = {
  appArmorProfile: 'absent',
  fsGroup: 'absent',
  fsGroupChangePolicy: 'absent',
  runAsGroup: is(proofUser),
  runAsNonRoot: is(true),
  runAsUser: is(proofUser),
  seLinuxChangePolicy: 'absent',
  seLinuxOptions: 'absent',
  seccompProfile: { holds: "has(it) && it.type == 'RuntimeDefault'" },
  supplementalGroups: 'absent',
  supplementalGroupsPolicy: 'absent',
  sysctls: 'absent',
  windowsOptions: 'absent',
};

/** Every field of the one container. */
export const podContainer: Shape<V1Container> = {
  args: 'absent',
  command: 'absent',
  env: 'absent',
  envFrom: 'absent',
  // The policy has a separate rule for it.
  image: { holds: 'has(it)' },
  imagePullPolicy: is('Never'),
  lifecycle: 'absent',
  livenessProbe: 'absent',
  name: is(proofContainer),
  ports: 'absent',
  readinessProbe: 'absent',
  resizePolicy: 'free',
  resources: { holds: 'has(it)' },
  restartPolicy: 'absent',
  restartPolicyRules: 'absent',
  securityContext: { holds: 'has(it)' },
  startupProbe: 'absent',
  stdin: 'absent',
  stdinOnce: 'absent',
  terminationMessagePath: 'free',
  terminationMessagePolicy: 'free',
  tty: 'absent',
  volumeDevices: 'absent',
  volumeMounts: 'absent',
  workingDir: 'absent',
};

/** Every field of the container's security context. */
export const containerSecurity: Shape<V1SecurityContext> = {
  allowPrivilegeEscalation: is(false),
  appArmorProfile: 'absent',
  capabilities: { holds: "has(it) && !has(it.add) && has(it.drop) && it.drop == ['ALL']" },
  privileged: 'absent',
  // Some versions of the API fill in the default.
  procMount: { holds: "!has(it) || it == 'Default'" },
  readOnlyRootFilesystem: 'absent',
  runAsGroup: 'absent',
  runAsNonRoot: 'absent',
  runAsUser: 'absent',
  seLinuxOptions: 'absent',
  seccompProfile: 'absent',
  windowsOptions: 'absent',
};

/** Every field of the container's resources; a LimitRange in the cluster may add limits. */
export const containerResources: Shape<V1ResourceRequirements> = {
  claims: 'absent',
  limits: 'free',
  requests: { holds: "has(it) && it == {'cpu': '10m', 'memory': '16Mi'}" },
};

/**
 * Lets Airlock's identity create a pod of exactly the proof pod's shape, and no other.
 *
 * @param repositories of sandbox images, in addition to the known ones
 */
export function podPolicy(
  group: string,
  managed: Readonly<Record<string, string>>,
  repositories: readonly string[],
): PolicyPlan {
  const first = 'object.spec.containers[0]';
  const level = (name: string, expression: string) => ({ name, expression });
  const wrong = 'a proof pod may not have this field or this value';
  return {
    name: 'airlock-pods',
    labels: managed,
    group,
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    variables: [
      level('metadata', findViolations('object.metadata', 'metadata.', podMetadata)),
      level('spec', findViolations('object.spec', 'spec.', podSpec)),
      level('security', findViolations('object.spec.securityContext', 'spec.securityContext.', podSecurity)),
      level('container', findViolations(first, 'spec.containers[0].', podContainer)),
      level(
        'containerSecurity',
        findViolations(`${first}.securityContext`, 'spec.containers[0].securityContext.', containerSecurity),
      ),
      level('resources', findViolations(`${first}.resources`, 'spec.containers[0].resources.', containerResources)),
    ],
    validations: [
      holds(
        `has(request.namespace) && request.namespace == ${JSON.stringify(airlockNamespace)}`,
        `a proof pod must be in the namespace ${airlockNamespace}`,
      ),
      none('metadata', wrong),
      none('spec', wrong),
      none('security', wrong),
      none('container', wrong),
      none('containerSecurity', wrong),
      none('resources', wrong),
      holds(
        `${first}.image.matches(${JSON.stringify(sandboxImagePattern(repositories))})`,
        'the image is not a sandbox image of this cluster; add its repository to sandboxImages in airlock.yaml',
        `${first}.image + ' is not a sandbox image of this cluster; add its repository to sandboxImages in airlock.yaml'`,
      ),
    ],
  };
}
