import { preparers } from '../../../domain/kubernetes.ts';
import { type Runtime, runtimes } from '../../../domain/runtimes.ts';
import { renderManifests } from '../../../kubernetes/manifests.ts';
import { eksToken } from '../../../lambdas/adapters/eks-token.ts';
import { type Addressed, KubernetesObjects } from '../../../lambdas/adapters/kubernetes-objects.ts';
import type { Ports } from '../../../lambdas/prepare-cluster/ports.ts';
import { VirtualClock } from '../../../packages/local-aws/clock.ts';
import { type Answered, ask, type Connection } from '../../../packages/local-kubernetes/client.ts';
import { KubernetesStandIn } from '../../../packages/local-kubernetes/stand-in.ts';
import { clusterName, credentials, region, role } from '../../kubernetes/cluster.ts';

/** How one piece of work ended. */
export type Ended<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: Error };

/** The manifests for some runtimes, by default with every optional object. */
export function manifestsFor(
  names: readonly Runtime[] = runtimes,
  gate?: string,
  sandboxedNamespaces: 'off' | 'enforce' = 'enforce',
): readonly Addressed[] {
  const options = { runtimes: names, sandboxedNamespaces, ...(gate === undefined ? {} : { gate }) };
  return renderManifests(options) as readonly Addressed[];
}

/** A bare cluster to which the preparing role has access, and in which a policy takes two seconds to be in force. */
export class World {
  readonly clock: VirtualClock;
  readonly api: KubernetesStandIn;
  readonly told: string[] = [];

  private constructor(clock: VirtualClock, api: KubernetesStandIn) {
    this.clock = clock;
    this.api = api;
  }

  static async start({ grantAccess = true, propagationDelayMs = 2_000 } = {}): Promise<World> {
    const clock = new VirtualClock();
    const api = await KubernetesStandIn.start({
      clock,
      clusterName,
      propagationDelayMs,
      accessEntries: [],
      secretOf: (id) =>
        id === credentials.accessKeyId ? { ...credentials, roleArn: role, sessionName: 'prepare' } : undefined,
      manifests: [],
    });
    const world = new World(clock, api);
    if (grantAccess) world.grantAccess();
    return world;
  }

  /** The access entry of the preparing role. */
  grantAccess(): void {
    this.api.addAccessEntry({ principalArn: role, kubernetesGroups: [preparers], clusterAdmin: true });
  }

  get admin(): Connection {
    const { clock, api } = this;
    return { clock, endpoint: api.endpoint, caPem: api.caPem, token: api.tokenFor('admin', ['system:masters']) };
  }

  /** Runs work of the function until it ends. */
  async run<T>(work: (ports: Ports) => Promise<T>): Promise<Ended<T>> {
    const { clock, api } = this;
    const token = await eksToken({ cluster: clusterName, region, credentials, now: clock.now() });
    const objects = new KubernetesObjects({ endpoint: api.endpoint, caPem: api.caPem, token });
    const held = <A extends unknown[], R>(method: (...input: A) => Promise<R>) => {
      return async (...input: A): Promise<R> => {
        const release = clock.hold();
        return await method(...input).finally(release);
      };
    };
    let ended: Ended<T> | undefined;
    work({
      cluster: clusterName,
      api: {
        apply: held((object, how) => objects.apply(object, how)),
        read: held((object) => objects.read(object)),
        remove: held((object) => objects.remove(object)),
        listPodsWith: held((name) => objects.listPodsWith(name)),
        listLabelled: held((label) => objects.listLabelled(label)),
        listBindings: held((group) => objects.listBindings(group)),
      },
      time: { now: () => clock.now(), sleep: (ms) => clock.sleep(ms) },
      report: (what) => void this.told.push(what),
    }).then(
      (value) => {
        ended = { value };
      },
      (error: Error) => {
        ended = { error };
      },
    );
    await clock.run(() => ended !== undefined);
    await objects.close();
    if (ended === undefined) throw new Error('the work neither ended nor waits for anything');
    return ended;
  }

  /** Every object that does not belong to the cluster itself, as `Kind name`. */
  objects(): readonly string[] {
    return manifestsFor()
      .map(({ kind }) => kind)
      .filter((kind, at, all) => all.indexOf(kind) === at)
      .flatMap((kind) => this.api.objects(kind).map(({ metadata }) => `${kind} ${metadata.name}`))
      .filter((name) => !['Namespace default', 'Namespace kube-system'].includes(name));
  }

  /** Creates a pod with a RuntimeClass in `default`. */
  async pod(runtimeClassName: string): Promise<Answered> {
    return await ask(this.admin, 'POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: `uses-${runtimeClassName}` },
      spec: { runtimeClassName, containers: [{ name: 'a', image: 'b' }] },
    });
  }

  async stop(): Promise<void> {
    this.clock.stop();
    await this.api.stop();
  }
}

/** The names of manifests as {@link World.objects} writes them, sorted. */
export function namesOf(manifests: readonly Addressed[]): readonly string[] {
  return manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
}
