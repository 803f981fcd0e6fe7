import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, messageOf } from '../../../packages/local-kubernetes/client.ts';
import { startCluster, type TestCluster } from '../cluster.ts';
import { add, gone } from './almighty.ts';

describe('if node-readiness-controller owns the gate', () => {
  const gate = 'readiness.k8s.io/airlock';
  let other: TestCluster;
  beforeAll(async () => {
    other = await startCluster({ gate });
    await ask(other.admin, 'POST', '/api/v1/nodes', {
      metadata: { name: 'n', labels: { a: 'b', 'airlock.dev/runtime': 'gvisor' }, annotations: { a: 'b' } },
      spec: { taints: [{ key: gate, effect: 'NoSchedule' }] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });
  afterAll(() => other.stop());
  const patch = async (path: string, operations: readonly object[]) =>
    ask(await other.asGatekeeper(), 'PATCH', `/api/v1/nodes/n${path}`, operations);

  it('our identity may publish its own condition', async () => {
    const answer = await patch('/status', [add('/status/conditions/-', { type: 'AirlockReady', status: 'True' })]);

    expect(answer.code).toBe(200);
  });

  it.each<[string, string, object, string]>([
    [
      "change another owner's condition",
      '/status',
      add('/status/conditions/0/status', 'False'),
      'condition of a node: Ready',
    ],
    ['change the capacity', '/status', add('/status/capacity', { cpu: '64' }), 'this field of the status of a node: '],
    ['lift the gate', '', gone('/spec/taints/0'), `taint of a node: ${gate}`],
    ["set another owner's label through the status", '/status', add('/metadata/labels/a', 'c'), 'label of a node: a'],
  ])('our identity may not %s', async (_what, path, operation, words) => {
    const answer = await patch(path, [operation]);

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain(words);
  });
});
