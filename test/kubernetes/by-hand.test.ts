import { describe, expect, it } from 'vitest';
import { quarantineByHandPatch, releaseByHandPatch } from '../../cli/acts/node-patches.ts';
import {
  defaultGateKey,
  operatorActAnnotation,
  provenLabel,
  quarantineKey,
  stateLabel,
} from '../../domain/kubernetes.ts';
import type { OperatorAct } from '../../domain/operator-acts.ts';
import { toClusterNode } from '../../lambdas/adapters/kubernetes-node.ts';
import { applyJsonPatch } from '../../packages/local-kubernetes/json-patch.ts';

const act: OperatorAct = { act: 'release', by: 'arn:ops', at: '2026-11-21T10:00:00.000Z', because: 'customers wait' };
const gate = { key: defaultGateKey, effect: 'NoSchedule' };
const foreign = { key: 'team', value: 'a', effect: 'NoSchedule' };
const quarantined = { key: quarantineKey, effect: 'NoSchedule' };

/** A Node as the API has it, with these taints and labels. */
function nodeWith(taints: readonly object[] | undefined, labels: Record<string, string> = {}) {
  return {
    metadata: { name: 'ip-10-0-0-4', uid: 'u', labels, annotations: { other: 'x' } },
    spec: { providerID: 'aws:///a/i-0123456789abcdef0', ...(taints === undefined ? {} : { taints }) },
  };
}
type Body = ReturnType<typeof nodeWith> & { spec: { taints?: object[] } };
const patched = (body: object, patch: readonly object[]) => applyJsonPatch(body, [...patch]) as Body;
const read = (body: object) => toClusterNode(body as never);

describe('a Node that is released by hand', () => {
  it('loses the taints of Airlock and no other, gets its state and the act, and never the label of a proof', () => {
    const body = nodeWith([foreign, gate, quarantined], { [provenLabel]: 'gvisor', team: 'a' });
    const { metadata, spec } = patched(body, releaseByHandPatch(read(body), defaultGateKey, act));

    expect(spec.taints).toEqual([foreign]);
    expect(metadata.labels).toEqual({ team: 'a', [stateLabel]: 'released-by-hand' });
    expect(JSON.parse((metadata.annotations as Record<string, string>)[operatorActAnnotation] ?? '')).toEqual(act);
  });

  it.each([
    ['its taints changed', nodeWith([gate, foreign])],
    ['it is another Node of that name', { ...nodeWith([foreign, gate]), metadata: { name: 'ip-10-0-0-4', uid: 'v' } }],
    [
      'it names another instance',
      { ...nodeWith([foreign, gate]), spec: { providerID: 'aws:///a/i-1', taints: [foreign, gate] } },
    ],
  ])('stays as it is if %s since it was read', (_what, now) => {
    const patch = releaseByHandPatch(read(nodeWith([foreign, gate])), defaultGateKey, act);
    expect(() => patched(now, patch)).toThrow();
  });
});

describe('a Node that is quarantined by hand', () => {
  it.each([
    ['without taints', undefined, []],
    ['with taints of others', [foreign], [foreign]],
    ['behind its gate already', [gate, foreign], [gate, foreign]],
  ] as const)('%s gets what it lacks, and loses the label of its proof', (_what, taints, kept) => {
    const body = nodeWith(taints, { [provenLabel]: 'gvisor', [stateLabel]: 'released' });
    const { metadata, spec } = patched(body, quarantineByHandPatch(read(body), defaultGateKey, act));

    const missing = [gate, quarantined].filter(({ key }) => !kept.some((one) => one.key === key));
    expect(spec.taints).toEqual([...kept, ...missing]);
    expect(metadata.labels).toEqual({ [stateLabel]: 'quarantined' });
    expect(Object.keys(metadata.annotations)).toContain(operatorActAnnotation);
  });
});
