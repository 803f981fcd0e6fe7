import { airlockNamespace, type ClusterNode, runtimeClasses } from '../../domain/kubernetes.ts';
import { type ProofPod, type ProofPodPlan, proofPodName, sandboxImageForm } from '../../domain/proof-pod.ts';
import type { Proof } from '../../domain/receipt.ts';
import { NotFound } from '../adapters/kubernetes-errors.ts';
import type { ReleaseCall } from './decide.ts';
import { Ended } from './errors.ts';
import type { Waiting } from './guards.ts';
import type { Ports } from './ports.ts';

/** How long a proof pod may take to run, in milliseconds: a kubelet tries a sandbox again about every 12 s, and a young CNI may fail twice. */
const patienceMs = 120_000;
/** After how long its Events are looked at, in milliseconds: a pod that runs does so within some seconds. */
const suspiciousMs = 15_000;
/** What a kubelet writes on a pod that outlived its activeDeadlineSeconds: nobody looked at it in time, and it says nothing of the node. */
const outlived = 'DeadlineExceeded';

/**
 * The proof by a pod in one call of `release`: made, seen running, deleted. A pod of an earlier call is found by its name. What was proven
 * stays so for the rest of the call.
 */
export class PodProof {
  readonly #ports: Ports;
  readonly #plan: Omit<ProofPodPlan, 'nodeName'>;
  #made = false;
  #deleted = false;
  #warning: string | undefined;
  #proof: Proof | undefined;

  /** Throws Ended where the installation does not say which image can be run. */
  constructor({ node, installation }: ReleaseCall, ports: Ports) {
    const { sandboxImage: image, runtime } = installation;
    // "Cannot say" is no proof: whoever wants a node released without a pod says `proof: host`.
    if (image === undefined) {
      const without = 'say proof: host in airlock.yaml to do without the pod';
      throw new Ended(
        'proof-pod-failed',
        `containerd names no sandbox image, so no proof pod could be made; ${without}`,
      );
    }
    if (!new RegExp(sandboxImageForm).test(image)) {
      throw new Ended(
        'proof-pod-failed',
        `containerd names ${image} as its sandbox image; accepted is an image called pause`,
      );
    }
    this.#ports = ports;
    this.#plan = { name: proofPodName(node), runtime, image };
  }

  /** Whether a pod was made whose end has to be waited for. */
  get underWay(): boolean {
    return this.#made && this.#proof === undefined;
  }

  /** What was proven; undefined before that. */
  get proof(): Proof | undefined {
    return this.#deleted ? this.#proof : undefined;
  }

  /**
   * Makes the pod, or looks at it.
   *
   * @param nodeName the Node that it is bound to
   * @returns what has to be waited for, or undefined where the proof is there
   * @throws Ended where the pod fails, or does not run in time
   */
  async look(nodeName: ClusterNode['name']): Promise<Waiting | undefined> {
    const waiting = this.#proof === undefined ? await this.#prove(nodeName) : undefined;
    if (waiting !== undefined) return waiting;
    if (!this.#deleted) await this.#ports.api.deletePod(this.#plan.name);
    this.#deleted = true;
    return undefined;
  }

  async #prove(nodeName: string): Promise<Waiting | undefined> {
    const { name, runtime, image } = this.#plan;
    const { api, time } = this.#ports;
    const pod = await this.#pod(nodeName);
    const runtimeClass = runtimeClasses[runtime].name;
    if (pod === undefined || pod.nodeName !== nodeName || pod.runtimeClassName !== runtimeClass) {
      if (pod !== undefined) await api.deletePod(name);
      return this.#again(`the proof pod ${name} of another node has to go first`);
    }
    const age = Math.max(0, time.now() - pod.createdAt);
    if (pod.phase === 'Running') {
      this.#proof = { kind: 'pod', pod: `${airlockNamespace}/${name}`, runtimeClass, image, ms: age };
      return undefined;
    }
    if (pod.deleting) return this.#again(`the proof pod ${name} of an earlier call is being deleted`);
    if (pod.phase !== 'Pending' && pod.reason.startsWith(outlived)) {
      await api.deletePod(name);
      return this.#again(`the proof pod ${name} of an earlier call outlived its time`);
    }
    const ended = pod.phase === 'Failed' || pod.phase === 'Succeeded';
    if (ended || age >= suspiciousMs) this.#warning = (await api.podWarning(pod.uid)) ?? this.#warning;
    const reasons = [pod.reason, this.#warning ?? ''].filter((part) => part !== '').join('; ');
    const detail = `the proof pod ${name} is ${pod.phase} after ${Math.round(age / 1_000)} s${reasons && ` (${reasons})`}`;
    if (!ended && age < patienceMs) return { reason: 'proof-pod-failed', detail };
    await api.deletePod(name);
    throw new Ended('proof-pod-failed', detail);
  }

  /** The pod that this call or an earlier one made; undefined where the one that had its name is gone by now. */
  async #pod(nodeName: string): Promise<ProofPod | undefined> {
    const { api } = this.#ports;
    const created = this.#made ? undefined : await api.createPod({ ...this.#plan, nodeName }).catch(withoutNamespace);
    this.#made = true;
    return created ?? (await api.readPod(this.#plan.name));
  }

  #again(detail: string): Waiting {
    this.#made = false;
    return { reason: 'proof-pod-failed', detail };
  }
}

/** A pod cannot be missing before it is made: it is the namespace that the manifests would have brought. */
function withoutNamespace(error: unknown): never {
  if (error instanceof NotFound) throw new Ended('cluster-forbade', error.message);
  throw error;
}
