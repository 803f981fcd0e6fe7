import { airlockNamespace } from './kubernetes.ts';
import type { LedgerKey } from './ledger.ts';
import { type Runtime, runtimeTraits } from './runtimes.ts';

/** The name of a proof pod's only container. */
export const proofContainer = 'pause';

/** The labels of every proof pod. */
export const proofPodLabels = { 'app.kubernetes.io/managed-by': 'airlock', 'app.kubernetes.io/component': 'proof' };

/** The prefix of every proof pod's name. */
export const proofPodPrefix = 'airlock-proof-';

/** The form of a proof pod's name (RE2, for CEL). */
export const proofPodNameForm = `^${proofPodPrefix}i-[0-9a-f]{8,17}-[0-9]{1,12}$`;

/**
 * The form of a sandbox image (RE2): in any registry, its last part is called pause. A node names its image itself, and
 * a proof pod must run no other image.
 */
export const sandboxImageForm = '^([a-zA-Z0-9._:/-]+[/-])?pause(:[a-zA-Z0-9._-]+)?(@sha256:[0-9a-f]{64})?$';

/**
 * The maximum number of proof pods at a time. A pod lives for seconds, or for two minutes if it does not run. So a
 * launch of thousands reaches this limit only if most of its pods fail, and those wait for each other.
 */
export const mostProofPods = 1_000;

/** After this many seconds the kubelet ends a proof pod that was not deleted, for example because a function died. */
export const proofPodSeconds = 300;

/** The time that the container has to stop, in seconds. */
export const proofPodGraceSeconds = 5;

/** The user of the container: the same as in the sandbox image, stated so that the kubelet can check it. */
export const proofUser = 65_535;

/** The input for a proof pod. */
export interface ProofPodPlan {
  readonly name: string;
  /** The Node that it is bound to. */
  readonly nodeName: string;
  readonly runtime: Runtime;
  /** The sandbox image in the node's containerd configuration, so nothing has to be pulled. */
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
  /** Whether its deletion was requested. */
  readonly deleting: boolean;
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. */
  readonly phase: string;
  /** The API's reason for the phase; empty if there is none. */
  readonly reason: string;
}

/**
 * Names the proof pod of a run. Every call returns the same name, so a repeated call finds its own pod. For a rerun,
 * the name has two more digits, so that a pod left by an earlier run proves nothing.
 */
export function proofPodName({ instanceId, launchedAt, rerun }: LedgerKey): string {
  const suffix = rerun === undefined ? '' : String(rerun.attempt % 100).padStart(2, '0');
  return `${proofPodPrefix}${instanceId}-${Math.floor(Date.parse(launchedAt) / 1_000)}${suffix}`;
}

/**
 * Builds the proof pod: unprivileged by the Pod Security Standard `restricted`, without a token, bound to its node.
 *
 * It requests almost nothing and has no limits, because the sandbox itself counts against a limit and needs more than
 * pause does. It tolerates every taint, because a pool may have taints besides the gate, and it lives for seconds.
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
