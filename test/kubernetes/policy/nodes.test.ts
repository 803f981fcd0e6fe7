import { describe, expect, it } from 'vitest';
import { type Answered, ask, messageOf } from '../../../packages/local-kubernetes/client.ts';
import { add, almighty, gone, type NodeBody, nodeIn, owner, proven, receipt } from './almighty.ts';

const here = almighty();
const gateIs = { op: 'test', path: '/spec/taints/1/key', value: 'airlock.dev/bootstrap' };

async function change(
  operations: readonly object[],
  subresource = '',
  before?: (body: NodeBody) => void,
): Promise<Answered> {
  return await ask(here().us, 'PATCH', `/api/v1/nodes/${await nodeIn(here(), before)}${subresource}`, operations);
}

/** The same Node after a release, or with the remains of an earlier launch; its gate stays. */
function released({ metadata }: NodeBody): void {
  metadata.labels['node-restriction.kubernetes.io/airlock-runtime'] = 'gvisor';
  metadata.labels['airlock.dev/state'] = 'released';
  metadata.annotations['airlock.dev/receipt'] = '{"earlier":true}';
}

/** The same Node after its gate was lifted by hand. */
function open({ spec }: NodeBody): void {
  spec.taints.splice(1, 1);
}

const quarantined = { key: 'airlock.dev/quarantined', effect: 'NoSchedule' };
const bootstrap = { key: 'airlock.dev/bootstrap', effect: 'NoSchedule' };

const release = [
  gateIs,
  add(`/metadata/labels/${proven}`, 'gvisor'),
  add(`/metadata/annotations/${receipt}`, '{}'),
  gone('/spec/taints/1'),
];

describe('on a Node our identity may', () => {
  it.each<[string, readonly object[]]>([
    ['set its state', [add('/metadata/labels/airlock.dev~1state', 'released')]],
    ['remove its labels', [gone('/metadata/labels/airlock.dev~1state')]],
    ['write its annotation', [add(`/metadata/annotations/${receipt}`, '{}')]],
    ['add its taint', [add('/spec/taints/-', { key: 'airlock.dev/quarantined', effect: 'NoSchedule' })]],
    ['lift the gate together with the label and the receipt', release],
    [
      'quarantine it without a receipt',
      [add('/metadata/labels/airlock.dev~1state', 'quarantined'), add('/spec/taints/-', quarantined)],
    ],
    ['write a receipt of 16 KiB after that', [add(`/metadata/annotations/${receipt}`, 'x'.repeat(16_384))]],
    ['write from the version that it read', [{ op: 'test', path: '/metadata/labels/team', value: 'a' }]],
  ])('%s', async (_what, operations) => {
    const answer = await change(operations);

    expect(answer.code).toBe(200);
    expect(messageOf(answer)).toEqual(expect.any(String));
  });
});

describe('on a Node that an operator opened by hand our identity may', () => {
  const act = 'airlock.dev~1operator-act';
  function openedByHand(body: NodeBody): void {
    open(body);
    body.metadata.labels['airlock.dev/state'] = 'released-by-hand';
    body.metadata.annotations['airlock.dev/operator-act'] = '{}';
  }
  it.each<[string, readonly object[], number]>([
    [
      'put the gate back while the state is still the one that the operator wrote',
      [add('/spec/taints/-', bootstrap)],
      200,
    ],
    ["remove the operator's annotation", [gone(`/metadata/annotations/${act}`)], 200],
    ["but not change the operator's annotation", [add(`/metadata/annotations/${act}`, '{"by":"airlock"}')], 403],
  ])('%s', async (_what, operations, code) => {
    const answer = await change(operations, '', openedByHand);

    expect(answer.code).toEqual(code);
    expect(messageOf(answer)).toEqual(expect.any(String));
  });
});

describe('on a Node of an earlier launch our identity may', () => {
  it('take the label back and leave the gate', async () => {
    const answer = await change(
      [gone(`/metadata/labels/${proven}`), gone('/metadata/labels/airlock.dev~1state')],
      '',
      released,
    );

    expect(answer.code).toBe(200);
    expect(messageOf(answer)).toEqual(expect.any(String));
  });

  it('take the label back and put the gate back, without a receipt', async () => {
    const answer = await change([gone(`/metadata/labels/${proven}`), add('/spec/taints/-', bootstrap)], '', (body) => {
      released(body);
      open(body);
    });

    expect(answer.code).toBe(200);
    expect(messageOf(answer)).toEqual(expect.any(String));
  });

  it('write the receipt of a new proof if its gate is off', async () => {
    const again = [
      add(`/metadata/labels/${proven}`, 'gvisor'),
      add(`/metadata/annotations/${receipt}`, '{"later":true}'),
    ];
    const answer = await change(again, '', (body) => {
      released(body);
      open(body);
    });

    expect(answer.code).toBe(200);
    expect(messageOf(answer)).toEqual(expect.any(String));
  });

  it('release it if its gate was lifted by hand', async () => {
    const answer = await change(release.slice(1, 3), '', open);

    expect(answer.code).toBe(200);
    expect(messageOf(answer)).toEqual(expect.any(String));
  });

  it.each<[string, readonly object[]]>([
    ['lift only the gate', [gateIs, gone('/spec/taints/1')]],
    [
      'lift the gate with the label and the receipt unchanged',
      [
        gateIs,
        add(`/metadata/labels/${proven}`, 'gvisor'),
        add(`/metadata/annotations/${receipt}`, '{"earlier":true}'),
        gone('/spec/taints/1'),
      ],
    ],
    [
      'lift the gate with a new receipt and the label of an earlier version, which must be removed first',
      [
        gateIs,
        add(`/metadata/labels/${proven}`, 'gvisor'),
        add(`/metadata/annotations/${receipt}`, '{"later":true}'),
        gone('/spec/taints/1'),
      ],
    ],
  ])('but not %s', async (_what, operations) => {
    const answer = await change(operations, '', released);

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain('may lift the gate airlock.dev/bootstrap only together');
  });
});

describe('on a Node without the label of a pool our identity may not', () => {
  it.each<[string, readonly object[]]>([
    ['release it', release],
    ['set its label', [add('/metadata/labels/airlock.dev~1state', 'released')]],
    ['write its annotation', [add(`/metadata/annotations/${receipt}`, '{}')]],
    ['add its taint', [add('/spec/taints/-', quarantined)]],
    ['make it one of per pool', [add('/metadata/labels/airlock.dev~1runtime', 'gvisor')]],
  ])('%s', async (_what, operations) => {
    const foreign = await change(operations, '', ({ metadata }) => delete metadata.labels['airlock.dev/runtime']);
    const other = await change(operations, '', ({ metadata }) => {
      metadata.labels['airlock.dev/runtime'] = 'docker';
    });

    for (const answer of [foreign, other]) {
      expect(answer.code).toBe(403);
      expect(messageOf(answer)).toMatch(
        /without the label airlock\.dev\/runtime of a pool|this label of a node: airlock\.dev\/runtime/,
      );
    }
  });
});

describe('on a Node our identity may not', () => {
  const label = 'airlock may not change this label of a node: ';
  const taint = 'airlock may not change this taint of a node: ';
  it.each<[string, readonly object[], string]>([
    ["add another owner's label", [add('/metadata/labels/other', 'x')], `${label}other`],
    ["change another owner's label", [add('/metadata/labels/team', 'b')], `${label}team`],
    ["remove another owner's label", [gone('/metadata/labels/team')], `${label}team`],
    [
      'change the label of the pool',
      [add('/metadata/labels/airlock.dev~1runtime', 'kata')],
      `${label}airlock.dev/runtime`,
    ],
    [
      "remove its own label while it adds another owner's",
      [gone('/metadata/labels/airlock.dev~1state'), add('/metadata/labels/airlock.dev~1states', 'x')],
      `${label}airlock.dev/states`,
    ],
    ['replace all labels', [add('/metadata/labels', { [proven.replace('~1', '/')]: 'gvisor' })], label],
    [
      'give a runtime another value',
      [...release.slice(0, 1), add(`/metadata/labels/${proven}`, 'docker'), ...release.slice(2)],
      'to the runtime of the pool only',
    ],
    [
      'prove the runtime of another pool',
      [...release.slice(0, 1), add(`/metadata/labels/${proven}`, 'kata'), ...release.slice(2)],
      'to the runtime of the pool only',
    ],
    ['set only the proof label', [add(`/metadata/labels/${proven}`, 'gvisor')], 'only together with a new receipt'],
    [
      'set the proof label behind its gate',
      release.slice(1, 3),
      'only on a node without the gate airlock.dev/bootstrap',
    ],
    [
      'set the proof label on a node that it quarantines',
      [...release, add('/spec/taints/-', quarantined)],
      'and the taint airlock.dev/quarantined',
    ],
    [
      'give its state another value',
      [add('/metadata/labels/airlock.dev~1state', 'proven')],
      'to released or quarantined only',
    ],
    ["give Sysbox's label another value", [add('/metadata/labels/sysbox-runtime', 'x')], 'to running only'],
    [
      'write a longer receipt',
      [add(`/metadata/annotations/${receipt}`, 'x'.repeat(16_385))],
      'of at most 16384 characters',
    ],
    ['remove the managers of its fields', [add('/metadata/managedFields', [{}])], 'clear the managedFields of a node'],
    [
      'remove the managers of its fields with an empty list',
      [add('/metadata/managedFields', [])],
      'clear the managedFields of a node',
    ],
    [
      'add its taint with a time',
      [add('/spec/taints/-', { ...quarantined, timeAdded: '2026-01-01T00:00:00Z' })],
      'no value and no time only',
    ],
    ["add another owner's annotation", [add('/metadata/annotations/other', 'x')], 'this annotation of a node: other'],
    ["remove another owner's annotation", [gone('/metadata/annotations/note')], 'this annotation of a node: note'],
    ["remove another owner's taint", [gone('/spec/taints/0')], `${taint}team`],
    ["change another owner's taint", [add('/spec/taints/0/value', 'b')], `${taint}team`],
    ["add another owner's taint", [add('/spec/taints/-', { key: 'other', effect: 'NoSchedule' })], `${taint}other`],
    [
      'replace a taint with another',
      [add('/spec/taints/-', { key: 'other', effect: 'NoSchedule' }), gone('/spec/taints/0')],
      taint,
    ],
    [
      'add its taint with an effect that evicts pods',
      [add('/spec/taints/-', { key: 'airlock.dev/quarantined', effect: 'NoExecute' })],
      'with the effect NoSchedule, no value',
    ],
    [
      'change the gate to one that evicts',
      [add('/spec/taints/1/effect', 'NoExecute')],
      'with the effect NoSchedule, no value',
    ],
    ['lift only the gate', [gateIs, gone('/spec/taints/1')], 'may lift the gate airlock.dev/bootstrap only together'],
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

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain(words);
    expect(messageOf(answer)).toContain(
      "ValidatingAdmissionPolicy 'airlock-nodes' with binding 'airlock-nodes' denied request: ",
    );
  });

  it("reorder others' taints without adding or removing one", async () => {
    const name = await nodeIn(here());
    const two = [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'b', effect: 'NoSchedule' },
    ];
    await ask(here().cluster.admin, 'PATCH', `/api/v1/nodes/${name}`, [add('/spec/taints', two)]);

    const answer = await ask(here().us, 'PATCH', `/api/v1/nodes/${name}`, [add('/spec/taints', two.toReversed())]);

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain('the order of the taints');
  });

  it.each<[string, object, string]>([
    ['a label', add('/metadata/labels/other', 'x'), 'this label of a node: other'],
    ['an annotation', add('/metadata/annotations/other', 'x'), 'this annotation of a node: other'],
    ['a finalizer', gone('/metadata/finalizers'), 'metadata of a node: finalizers'],
    ['the capacity', add('/status/capacity/cpu', '64'), 'this field of the status of a node: '],
    ['the handlers', gone('/status/runtimeHandlers'), 'this field of the status of a node: runtimeHandlers'],
    ['a condition', add('/status/conditions/0/status', 'False'), 'this condition of a node: Ready'],
    ['its own condition', add('/status/conditions/-', { type: 'AirlockReady', status: 'True' }), 'AirlockReady'],
  ])('change %s through the status', async (_what, operation, words) => {
    const answer = await change([operation], '/status');

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain(words);
  });
});

it('the policies affect no other identity', async () => {
  const answer = await ask(here().cluster.admin, 'PATCH', `/api/v1/nodes/${await nodeIn(here())}`, [
    add('/metadata/labels/other', 'x'),
    add('/spec/unschedulable', true),
    gone('/spec/taints'),
  ]);

  expect(answer.code).toBe(200);
});
