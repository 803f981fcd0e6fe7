import { describe, expect, test } from 'vitest';
import { type Answered, ask, messageOf } from '../../../local/kubernetes/client.ts';
import { add, almighty, gone, nodeIn, owner, proven, receipt } from './almighty.ts';

const here = almighty();
const gateIs = { op: 'test', path: '/spec/taints/1/key', value: 'airlock.dev/bootstrap' };

async function change(operations: readonly object[], subresource = ''): Promise<Answered> {
  return await ask(here().us, 'PATCH', `/api/v1/nodes/${await nodeIn(here())}${subresource}`, operations);
}

const release = [
  gateIs,
  add(`/metadata/labels/${proven}`, 'gvisor'),
  add(`/metadata/annotations/${receipt}`, '{}'),
  gone('/spec/taints/1'),
];

describe('on a Node our identity may', () => {
  test.each<[string, readonly object[]]>([
    [
      'set its labels',
      [add(`/metadata/labels/${proven}`, 'gvisor'), add('/metadata/labels/airlock.dev~1state', 'released')],
    ],
    ['remove its labels', [gone('/metadata/labels/airlock.dev~1state')]],
    ['write its annotation', [add(`/metadata/annotations/${receipt}`, '{}')]],
    ['add its taint', [add('/spec/taints/-', { key: 'airlock.dev/quarantined', effect: 'NoSchedule' })]],
    ['lift the gate together with the label and the receipt', release],
    ['write from the version that it read', [{ op: 'test', path: '/metadata/labels/team', value: 'a' }]],
  ])('%s', async (_what, operations) => {
    const answer = await change(operations);

    expect([answer.code, messageOf(answer)]).toEqual([200, expect.any(String)]);
  });
});

describe('on a Node our identity may not', () => {
  const label = 'airlock may not change this label of a node: ';
  const taint = 'airlock may not change this taint of a node: ';
  test.each<[string, readonly object[], string]>([
    ['add a label of another', [add('/metadata/labels/other', 'x')], `${label}other`],
    ['change a label of another', [add('/metadata/labels/team', 'b')], `${label}team`],
    ['remove a label of another', [gone('/metadata/labels/team')], `${label}team`],
    [
      'change the label of the pool',
      [add('/metadata/labels/airlock.dev~1runtime', 'kata')],
      `${label}airlock.dev/runtime`,
    ],
    [
      'remove a label of its own while it adds one of another',
      [gone('/metadata/labels/airlock.dev~1state'), add('/metadata/labels/airlock.dev~1states', 'x')],
      `${label}airlock.dev/states`,
    ],
    ['replace all labels', [add('/metadata/labels', { [proven.replace('~1', '/')]: 'gvisor' })], label],
    ['call something else a runtime', [add(`/metadata/labels/${proven}`, 'docker')], 'to a runtime only'],
    ['add an annotation of another', [add('/metadata/annotations/other', 'x')], 'this annotation of a node: other'],
    ['remove an annotation of another', [gone('/metadata/annotations/note')], 'this annotation of a node: note'],
    ['remove a taint of another', [gone('/spec/taints/0')], `${taint}team`],
    ['change a taint of another', [add('/spec/taints/0/value', 'b')], `${taint}team`],
    ['add a taint of another', [add('/spec/taints/-', { key: 'other', effect: 'NoSchedule' })], `${taint}other`],
    [
      'put another taint in the place of one',
      [add('/spec/taints/-', { key: 'other', effect: 'NoSchedule' }), gone('/spec/taints/0')],
      taint,
    ],
    [
      'add its taint so that pods are evicted',
      [add('/spec/taints/-', { key: 'airlock.dev/quarantined', effect: 'NoExecute' })],
      'with the effect NoSchedule and no value only',
    ],
    [
      'turn the gate into one that evicts',
      [add('/spec/taints/1/effect', 'NoExecute')],
      'with the effect NoSchedule and no value only',
    ],
    ['lift the gate alone', [gateIs, gone('/spec/taints/1')], 'may lift the gate airlock.dev/bootstrap only together'],
    ['lift the gate without the receipt', release.filter(({ path }) => !path.includes(receipt)), 'only together'],
    ['lift the gate without the label', release.filter(({ path }) => !path.includes(proven)), 'only together'],
    ['cordon it', [add('/spec/unschedulable', true)], 'this field of the spec of a node: unschedulable'],
    [
      'add a finalizer',
      [add('/metadata/finalizers/-', 'a.example/b')],
      'this field of the metadata of a node: finalizers',
    ],
    ['remove a finalizer', [gone('/metadata/finalizers')], 'this field of the metadata of a node: finalizers'],
    ['give it an owner', [add('/metadata/ownerReferences', [owner])], 'metadata of a node: ownerReferences'],
  ])('%s', async (_what, operations, words) => {
    const answer = await change(operations);

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining(words)]);
    expect(messageOf(answer)).toContain(
      "ValidatingAdmissionPolicy 'airlock-nodes' with binding 'airlock-nodes' denied request: ",
    );
  });

  test('change the order of taints of others without adding or removing one', async () => {
    const name = await nodeIn(here());
    const two = [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'b', effect: 'NoSchedule' },
    ];
    await ask(here().cluster.admin, 'PATCH', `/api/v1/nodes/${name}`, [add('/spec/taints', two)]);

    const answer = await ask(here().us, 'PATCH', `/api/v1/nodes/${name}`, [add('/spec/taints', two.toReversed())]);

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining('the order of the taints')]);
  });

  test.each<[string, object, string]>([
    ['a label', add('/metadata/labels/other', 'x'), 'this label of a node: other'],
    ['an annotation', add('/metadata/annotations/other', 'x'), 'this annotation of a node: other'],
    ['a finalizer', gone('/metadata/finalizers'), 'metadata of a node: finalizers'],
    ['the capacity', add('/status/capacity/cpu', '64'), 'this field of the status of a node: capacity'],
    ['the handlers', gone('/status/runtimeHandlers'), 'this field of the status of a node: runtimeHandlers'],
    ['a condition', add('/status/conditions/0/status', 'False'), 'this condition of a node: Ready'],
    ['a condition of its own', add('/status/conditions/-', { type: 'AirlockReady', status: 'True' }), 'AirlockReady'],
  ])('change %s by way of the status', async (_what, operation, words) => {
    const answer = await change([operation], '/status');

    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining(words)]);
  });
});

test('nobody else is touched by the policies', async () => {
  const answer = await ask(here().cluster.admin, 'PATCH', `/api/v1/nodes/${await nodeIn(here())}`, [
    add('/metadata/labels/other', 'x'),
    add('/spec/unschedulable', true),
    gone('/spec/taints'),
  ]);

  expect(answer.code).toBe(200);
});
