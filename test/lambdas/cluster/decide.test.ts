import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ClusterNode,
  ownTaintsOf,
  type PatchOperation,
  provenLabel,
  quarantineKey,
  receiptAnnotation,
} from '../../../domain/kubernetes.ts';
import type { Proof } from '../../../domain/receipt.ts';
import { decideQuarantine, decideRelease } from '../../../lambdas/cluster/decide.ts';
import { applyJsonPatch } from '../../../packages/local-kubernetes/json-patch.ts';
import { runs } from '../../hostile.ts';
import {
  clusterNodes,
  failures,
  gateKey,
  installation,
  launch,
  launches,
  maybe,
  now,
  present,
} from '../arbitraries.ts';

interface Shown {
  readonly metadata: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
}

/** The Node as the API has it after some patches. */
function patched(node: ClusterNode, ...patches: readonly (readonly PatchOperation[])[]): Shown {
  const { labels, annotations, uid, boot, providerId } = node;
  const shown: unknown = {
    metadata: present({ uid, labels, annotations }),
    spec: present({ providerID: providerId, taints: node.taints }),
    status: { nodeInfo: { bootID: boot?.id } },
  };
  return patches.reduce<unknown>((at, patch) => applyJsonPatch(at, patch), shown) as Shown;
}

const keysOf = ({ spec }: Shown) => (spec.taints ?? []).map(({ key }) => key);
const others = (keys: readonly string[]) => keys.filter((key) => !ownTaintsOf(gateKey).includes(key)).toSorted();

describe('whatever state a Node is in', () => {
  it('the gate is lifted only after a proof in this call, with the label of the installed version and a new receipt', () => {
    const pod = { kind: 'pod', pod: 'airlock-proof', runtimeClass: 'gvisor', image: 'pause', ms: 1 } as const;
    const proofs = maybe<Proof>({ kind: 'host' }, pod);
    fc.assert(
      fc.property(clusterNodes, proofs, (node, proof) => {
        const decision = decideRelease(node, { action: 'release', launch, installation }, { gateKey, now, proof });
        if (decision.step === 'take-back') {
          const shown = patched(node, decision.patch);
          expect(shown.metadata.labels?.[provenLabel]).toBeUndefined();
          expect(keysOf(shown)).toContain(gateKey);
          return;
        }
        if (decision.step !== 'release') return;
        expect(proof).toBeDefined();
        expect(node.ready?.status).toBe('True');
        // The patch itself tests the boot and the instance, so it lands on no other Node.
        const good = { ...node, boot: { kernel: 'k', id: installation.host.bootId }, providerId: launch.providerId };
        const shown = patched(good, releasing(good, proof));
        expect(shown.metadata.labels?.[provenLabel]).toBe('gvisor');
        expect(keysOf(shown).filter((key) => ownTaintsOf(gateKey).includes(key))).toEqual([]);
        expect(others(keysOf(shown))).toEqual(others((node.taints ?? []).map(({ key }) => key)));
        expect(JSON.parse(shown.metadata.annotations?.[receiptAnnotation] ?? '')).toMatchObject({
          outcome: 'released',
          endedAt: new Date(now).toISOString(),
          proof,
        });
        if (node.boot?.id !== installation.host.bootId) expect(() => patched(node, decision.patch)).toThrow();
      }),
      runs,
    );
  });

  it('a failure keeps the gate or restores it, removes the label, and records the failure: never a release', () => {
    fc.assert(
      fc.property(clusterNodes, launches, failures, fc.boolean(), (node, its, failure, breakerOpen) => {
        const call = { action: 'quarantine', launch: its, failure, breakerOpen, once: false } as const;
        const decision = decideQuarantine(node, call, { gateKey, now });
        expect(decision.receipt.outcome).toBe(failure.outcome);
        if (decision.step === 'leave') {
          expect(node.labels?.[provenLabel] !== undefined).toBe(true);
          expect(its.rerun?.released).toBe(true);
          expect(failure.outcome).toBe('breaker-open');
          return;
        }
        const shown = patched(node, decision.taints, decision.labels, decision.note);
        expect(keysOf(shown)).toContain(gateKey);
        if (!breakerOpen) expect(keysOf(shown)).toContain(quarantineKey);
        expect(shown.metadata.labels?.[provenLabel]).toBeUndefined();
        expect(others(keysOf(shown))).toEqual(others((node.taints ?? []).map(({ key }) => key)));
      }),
      runs,
    );
  });
});

function releasing(node: ClusterNode, proof: Parameters<typeof decideRelease>[2]['proof']): readonly PatchOperation[] {
  const decision = decideRelease(node, { action: 'release', launch, installation }, { gateKey, now, proof });
  return decision.step === 'release' ? decision.patch : [];
}
