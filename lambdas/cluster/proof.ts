import { airlockNamespace } from '../../domain/kubernetes.ts';
import { type ProofPod, type ProofPodPlan, proofPodName, sandboxImageForm } from '../../domain/proof-pod.ts';
import type { Proof } from '../../domain/receipt.ts';
import { runtimeTraits } from '../../domain/runtimes.ts';
import { NotFound } from '../adapters/kubernetes-errors.ts';
import type { ReleaseCall } from './decide.ts';
import { FinalOutcome } from './errors.ts';
import type { Pending } from './polling.ts';
import type { Ports } from './ports.ts';

/**
 * How long a proof pod may take to run, in milliseconds. A kubelet retries a sandbox about every 12 s, and a new CNI
 * may fail twice.
 */
const patienceMs = 120_000;
/**
 * How long a call waits for a pod to run, in milliseconds from the pod's creation. Then it reads the Events, once per
 * call.
 */
const likelyMs = 15_000;
/**
 * The pauses before a pod that the kubelet rejected is created again, in milliseconds: a kubelet that has just joined
 * may not know its own Node yet.
 */
const pausesMs = [1_000, 3_000];
/** The maximum number of pods that a call creates. */
const mostPods = 5;
/**
 * The kubelet's reason for a pod that exceeded its activeDeadlineSeconds: no call read it in time, so it proves nothing
 * about the node.
 */
const outlived = 'DeadlineExceeded';

/**
 * The proof by a pod in one call of `release`: the pod is created, seen running and deleted. A pod of an earlier call
 * is found by its name, which identifies the launch and the run. It counts if it is bound to this Node with the right
 * RuntimeClass. A finished proof stays valid for the rest of the call.
 */
export class PodProof {
  readonly #ports: Ports;
  readonly #plan: ProofPodPlan;
  #made = 0;
  #rejected = 0;
  /** When the next pod may be created, in milliseconds since the epoch. */
  #notBefore = 0;
  #deleted = false;
  #proof: Proof | undefined;

  /**
   * @param nodeName the Node that the pod is bound to
   * @throws FinalOutcome if the installation reports no usable sandbox image
   */
  constructor({ launch, installation }: ReleaseCall, nodeName: string, ports: Ports) {
    const { sandboxImage: image, runtime } = installation;
    // An unknown image allows no proof. `proof: host` in airlock.yaml releases nodes without a pod.
    if (image === undefined) {
      const without = 'set proof: host in airlock.yaml to release nodes without a pod';
      throw new FinalOutcome(
        'proof-pod-failed',
        `containerd names no sandbox image, so no proof pod could be created; ${without}`,
      );
    }
    if (!new RegExp(sandboxImageForm).test(image)) {
      throw new FinalOutcome(
        'proof-pod-failed',
        `containerd names ${image} as its sandbox image; accepted: an image called pause`,
      );
    }
    this.#ports = ports;
    this.#plan = { name: proofPodName(launch), nodeName, runtime, image };
  }

  /** Whether the pod still has to be waited for. */
  get underWay(): boolean {
    return this.#proof === undefined;
  }

  /** The proof; undefined until there is one. */
  get proof(): Proof | undefined {
    return this.#deleted ? this.#proof : undefined;
  }

  /**
   * Creates the pod, or reads its state.
   *
   * @returns what to wait for, or undefined if there is a proof
   * @throws FinalOutcome if the pod fails, or does not run in time
   */
  async poll(): Promise<Pending | undefined> {
    const waiting = this.#proof === undefined ? await this.#prove() : undefined;
    if (waiting !== undefined) return waiting;
    if (!this.#deleted) await this.#ports.api.deletePod(this.#plan.name);
    this.#deleted = true;
    return undefined;
  }

  async #prove(): Promise<Pending | undefined> {
    const { name, nodeName, runtime, image } = this.#plan;
    const { api, time, view, endsAt } = this.#ports;
    const pod = (await view.pod(name)) ?? (await this.#make());
    if (pod === undefined) return this.#again(`the proof pod ${name} is not created yet`);
    const runtimeClass = runtimeTraits[runtime].runtimeClass;
    if (pod.nodeName !== nodeName || pod.runtimeClassName !== runtimeClass) {
      if (!pod.deleting) await api.deletePod(name);
      return this.#again(`the proof pod ${name} of another node must be deleted first`);
    }
    const age = Math.max(0, Math.round(time.now() - pod.createdAt));
    if (pod.phase === 'Running') {
      this.#proof = { kind: 'pod', pod: `${airlockNamespace}/${name}`, runtimeClass, image, ms: age };
      return undefined;
    }
    if (pod.deleting) return this.#again(`the proof pod ${name} of an earlier call is being deleted`);
    if (pod.phase !== 'Pending' && pod.reason.startsWith(outlived)) {
      await api.deletePod(name);
      return this.#again(`the proof pod ${name} of an earlier call exceeded its deadline`);
    }
    const ended = pod.phase === 'Failed' || pod.phase === 'Succeeded';
    const likelyUntil = pod.createdAt + likelyMs;
    const late = time.now() >= Math.min(likelyUntil, endsAt);
    const warning = ended || late ? ((await api.podWarning(pod.uid)) ?? '') : '';
    const reasons = [pod.reason, warning].filter((part) => part !== '').join('; ');
    const detail = `the proof pod ${name} is ${pod.phase} after ${Math.round(age / 1_000)} s${reasons && ` (${reasons})`}`;
    if (!ended && age < patienceMs) return { reason: 'proof-pod-failed', detail, likelyUntil };
    await api.deletePod(name);
    const pauseMs = pausesMs[this.#rejected];
    if (pod.phase !== 'Failed' || pauseMs === undefined) throw new FinalOutcome('proof-pod-failed', detail);
    this.#rejected++;
    this.#notBefore = time.now() + pauseMs;
    return this.#again(detail);
  }

  /** Creates a pod; undefined if it is too early for another, or if the name still exists. */
  async #make(): Promise<ProofPod | undefined> {
    const { api, time, view } = this.#ports;
    if (time.now() < this.#notBefore || this.#made >= mostPods) return undefined;
    this.#made++;
    const made = await api.createPod(this.#plan).catch(withoutNamespace);
    if (made !== undefined) view.addPod(made);
    return made;
  }

  #again(detail: string): Pending {
    const { time, endsAt } = this.#ports;
    const waiting = { reason: 'proof-pod-failed', detail } as const;
    if (this.#made >= mostPods) return waiting;
    const pollAgainMs = this.#notBefore - time.now();
    return { ...waiting, likelyUntil: endsAt, ...(pollAgainMs > 0 ? { pollAgainMs } : {}) };
  }
}

/** Creating a pod answers 404 only if its namespace is missing: the manifests are not applied. */
function withoutNamespace(error: unknown): never {
  if (error instanceof NotFound) throw new FinalOutcome('cluster-forbidden', error.message);
  throw error;
}
