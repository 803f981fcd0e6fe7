import fc from 'fast-check';
import { expect, it } from 'vitest';
import { provenLabel } from '../../../domain/kubernetes.ts';
import { proofPodName } from '../../../domain/proof-pod.ts';
import type { Kubelet } from '../../../packages/local-kubernetes/kubelet.ts';
import type { StoredObject } from '../../../packages/local-kubernetes/object.ts';
import type { StandInCluster } from '../../kubernetes/cluster.ts';
import { gate, runc, runsc, World } from './world.ts';

const minutes = 15;
const seconds = (max: number) => fc.integer({ min: 0, max }).map((value) => value * 1_000);

/** When each thing happens to one node, in milliseconds after its launch; no event waits for another. */
const lives = fc.record({
  joinAt: seconds(150),
  readyAfter: seconds(60),
  /** The installation ends: the handler is there, and the state machine requests the release. */
  installedAt: seconds(180),
  /** After the join, if Karpenter owns the node. */
  registeredAfter: fc.option(seconds(90)),
  flaps: fc.array(fc.record({ at: seconds(300), for: seconds(60) }), { maxLength: 3 }),
  remade: fc.option(fc.record({ at: seconds(300), back: seconds(60) })),
  podsFailUntil: fc.option(seconds(400)),
  /** A person lifts the gate by hand. */
  liftedAt: fc.option(seconds(300)),
});

type Life = typeof lives extends fc.Arbitrary<infer T> ? T : never;

const unregistered = { key: 'karpenter.sh/unregistered', effect: 'NoExecute' };
const isGated = ({ spec }: StoredObject) => spec?.taints?.some(({ key }) => key === gate.key) ?? false;

/** What was observed of a node's life that breaks a rule, and how it ended. */
async function live(
  world: World<StandInCluster>,
  life: Life,
): Promise<{ broken: string[]; ends: number; gated: boolean; lateMs: number }> {
  const { api, clock } = world.cluster;
  const { nodeName } = world.node;
  const broken: string[] = [];
  let ran = false;
  let byHand = false;
  let before: StoredObject | undefined;
  api.watchPods(nodeName, (pod) => {
    if (pod.metadata.name === proofPodName(world.launch()) && pod.status?.phase === 'Running') ran = true;
  });
  api.watchNodes((node) => {
    const lifted =
      before !== undefined && isGated(before) && !isGated(node) && before.metadata.uid === node.metadata.uid;
    if (lifted && !byHand && !(ran && node.metadata.labels?.[provenLabel] === 'gvisor'))
      broken.push('lifted without a proof');
    if (!ran && node.metadata.labels?.[provenLabel] !== undefined) broken.push('labelled without a proof');
    before = node;
  });

  world.proof = 'pod';
  world.handlers = [runc];
  world.sandboxFailure = life.podsFailUntil === null ? undefined : 'planted';
  const taints = life.registeredAfter === null ? [gate] : [gate, unregistered];
  let kubelet: Kubelet = world.kubelet({ readyAfterMs: life.readyAfter, taints });
  const join = async () => {
    await kubelet.join();
    const { registeredAfter } = life;
    if (registeredAfter !== null)
      clock.after(registeredAfter, () => void world.controllers.karpenterRegisters(nodeName, 'p', [gate]));
  };
  clock.after(life.joinAt, () => void join());
  clock.after(life.installedAt, () => {
    world.handlers = [runc, runsc];
    kubelet.machineChanged();
  });
  if (life.podsFailUntil !== null) clock.after(life.podsFailUntil, () => (world.sandboxFailure = undefined));
  for (const flap of life.flaps) {
    clock.after(flap.at, () => void (api.node(nodeName) && kubelet.setReady(false)));
    clock.after(flap.at + flap.for, () => void (api.node(nodeName) && kubelet.setReady(true)));
  }
  if (life.remade !== null) {
    const { at, back } = life.remade;
    clock.after(at, () => {
      kubelet.stop();
      void world.controllers.instanceGone(nodeName);
    });
    clock.after(at + back, () => {
      kubelet = world.kubelet({ readyAfterMs: life.readyAfter, taints });
      void join();
    });
  }
  if (life.liftedAt !== null) {
    clock.after(life.liftedAt, async () => {
      byHand = true;
      await world.controllers.change(nodeName, ({ spec }) => [
        { op: 'add', path: '/spec/taints', value: (spec?.taints ?? []).filter(({ key }) => key !== gate.key) },
      ]);
      byHand = false;
    });
  }

  await world.pass(life.installedAt);
  for (;;) {
    const { receipt, error } = await world.release({}, minutes);
    if (receipt !== undefined) break;
    if (error.name !== 'RetryLater') {
      while ((await world.quarantine('proof-pod-failed', error.message, minutes)).error?.name === 'RetryLater')
        await world.pass(10_000);
      break;
    }
    await world.pass(10_000);
  }
  const lateMs = clock.now() - world.launchedAt - minutes * 60_000;
  const node = api.node(nodeName);
  // Everything pending has happened: Karpenter restores the gate that was lifted before it had registered the node.
  await world.pass(600_000);
  const later = api.node(nodeName);
  const released = world.ends[0]?.outcome === 'released' && later?.metadata.uid === node?.metadata.uid;
  if (released && later !== undefined && isGated(later)) broken.push('released, but closed again');
  return {
    broken,
    ends: world.ends.length,
    gated: node !== undefined && isGated(node),
    lateMs,
  };
}

it('whatever the order of events for a node, its gate is lifted only by a proof, and the node ends once and in time', async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (life) => {
      const world = await World.onStandIn();
      try {
        const { broken, ends, gated, lateMs } = await live(world, life);
        const [end] = world.ends;

        expect(broken).toEqual([]);
        expect(ends).toBe(1);
        expect(lateMs).toBeLessThanOrEqual(60_000);
        if (end?.outcome !== 'released' && world.cluster.api.node(world.node.nodeName) !== undefined)
          expect(gated).toBe(true);
        if (end?.outcome === 'released') expect(end.proof).toMatchObject({ kind: 'pod' });
        expect(world.cluster.api.refusals).toEqual([]);
      } finally {
        await world.stop();
      }
    }),
    { numRuns: 20 },
  );
}, 180_000);
