import { airlockNamespace } from './kubernetes.ts';
import type { LedgerKey } from './ledger.ts';
import { type Runtime, runtimeTraits } from './runtimes.ts';

/** The name of the one container of a proof pod. */
export const proofContainer = 'pause';

/** What every proof pod is labelled with. */
export const proofPodLabels = { 'app.kubernetes.io/managed-by': 'airlock', 'app.kubernetes.io/component': 'proof' };

/** What every name of a proof pod begins with. */
export const proofPodPrefix = 'airlock-proof-';

/** The whole form of such a name (RE2, as CEL has it). */
export const proofPodNameForm = `^${proofPodPrefix}i-[0-9a-f]{8,17}-[0-9]{1,12}$`;

/**
 * The form of a sandbox image (RE2): whatever the registry, its last part is called pause. A node names its image itself, and a pod of ours
 * should run nothing else.
 */
export const sandboxImageForm = '^([a-zA-Z0-9._:/-]+[/-])?pause(:[a-zA-Z0-9._-]+)?(@sha256:[0-9a-f]{64})?$';

/**
 * The most proof pods at a time. A pod lives for seconds, or two minutes if it does not run, so a launch of thousands meets no bound but
 * where most of its pods fail; those wait for each other.
 */
export const mostProofPods = 1_000;

/** After how many seconds the kubelet ends a proof pod that no one deleted: a function that died leaves nothing that runs. */
export const proofPodSeconds = 300;

/** How long the container may take to stop, in seconds. */
export const proofPodGraceSeconds = 5;

/** What a container of the sandbox image runs as: the user that the image itself names, said so that the kubelet can check it. */
export const proofUser = 65_535;

/** What a proof pod is made for. */
export interface ProofPodPlan {
  readonly name: string;
  /** The Node that it is bound to. */
  readonly nodeName: string;
  readonly runtime: Runtime;
  /** The sandbox image that the node's containerd names, so that nothing has to be pulled. */
  readonly image: string;
}

/** What Airlock reads of a proof pod. */
export interface ProofPod {
  readonly name: string;
  readonly uid: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly createdAt: number;
  readonly nodeName: string;
  readonly runtimeClassName: string;
  /** Whether its deletion was asked for. */
  readonly deleting: boolean;
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. */
  readonly phase: string;
  /** Why it is in this phase, in the API's words; empty if nothing is said. */
  readonly reason: string;
}

/**
 * The name of the proof pod of a way: the same for every call, so that a repeated one finds its own pod. The pod of a later way ends in two
 * digits more, so that what an earlier one left proves nothing.
 */
export function proofPodName({ instanceId, launchedAt, rerun: again }: LedgerKey): string {
  const way = again === undefined ? '' : String(again.attempt % 100).padStart(2, '0');
  return `${proofPodPrefix}${instanceId}-${Math.floor(Date.parse(launchedAt) / 1_000)}${way}`;
}

/**
 * The proof pod as it is sent to the API: unprivileged by the Pod Security Standard `restricted`, without a token, bound to its node.
 *
 * It requests next to nothing and has no limits: a limit would be charged with the sandbox itself, which needs more than a pause. It
 * tolerates every taint, for a pool may have taints of its own beside the gate, and it lives for seconds.
 */
export function proofPod({ name, nodeName, runtime, image }: ProofPodPlan) {
  const { runtimeClass, userNamespaces } = runtimeTraits[runtime];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: airlockNamespace, labels: proofPodLabels },
    spec: {
      nodeName,
      runtimeClassName: runtimeClass,
      ...(userNamespaces ? { hostUsers: false } : {}),
      restartPolicy: 'Never',
      activeDeadlineSeconds: proofPodSeconds,
      terminationGracePeriodSeconds: proofPodGraceSeconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: proofUser,
        runAsGroup: proofUser,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: proofContainer,
          image,
          imagePullPolicy: 'Never',
          resources: { requests: { cpu: '10m', memory: '16Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}
