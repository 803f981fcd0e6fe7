import { describe, expect, it } from 'vitest';
import { proofPod } from '../../../domain/proof-pod.ts';
import { type Answered, ask, messageOf } from '../../../packages/local-kubernetes/client.ts';
import { add, almighty, nodeIn, proven, unique } from './almighty.ts';

const here = almighty();

describe('even with every RBAC right, our identity may not', () => {
  it.each<[string, () => Promise<Answered>, string]>([
    [
      'make a Node',
      () => ask(here().us, 'POST', '/api/v1/nodes', { metadata: { name: 'forged' } }),
      'airlock may not CREATE nodes forged',
    ],
    [
      'delete a Node',
      async () => ask(here().us, 'DELETE', `/api/v1/nodes/${await nodeIn(here())}`),
      'airlock may not DELETE nodes node-',
    ],
    [
      "delete another owner's pod",
      async () => {
        await ask(here().cluster.admin, 'POST', '/api/v1/namespaces/default/pods', {
          metadata: { name: 'theirs' },
          spec: { containers: [{ name: 'a', image: 'b' }] },
        });
        return await ask(here().us, 'DELETE', '/api/v1/namespaces/default/pods/theirs');
      },
      'airlock may not DELETE pods theirs',
    ],
    [
      "write a pod's status",
      async () => {
        const proof = proofPod({
          name: `airlock-proof-i-01234567-${unique()}`,
          nodeName: 'n',
          runtime: 'gvisor',
          image: 'registry.k8s.io/pause:3.10',
        });
        await ask(here().us, 'POST', '/api/v1/namespaces/airlock-system/pods', proof);
        const path = `/api/v1/namespaces/airlock-system/pods/${proof.metadata.name}/status`;
        return await ask(here().us, 'PATCH', path, [add('/status/phase', 'Running')]);
      },
      'airlock may not UPDATE pods/status airlock-proof-',
    ],
    [
      'put its own label on a pod',
      async () => {
        const name = `airlock-proof-i-01234567-${unique()}`;
        const proof = proofPod({ name, nodeName: 'n', runtime: 'gvisor', image: 'registry.k8s.io/pause:3.10' });
        await ask(here().us, 'POST', '/api/v1/namespaces/airlock-system/pods', proof);
        const label = add(`/metadata/labels/${proven}`, 'gvisor');
        return await ask(here().us, 'PATCH', `/api/v1/namespaces/airlock-system/pods/${name}`, [label]);
      },
      'airlock may not UPDATE pods airlock-proof-',
    ],
    [
      'change what Airlock applied',
      () => {
        const space = {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'airlock-system', labels: { [proven.replace('~1', '/')]: 'gvisor' } },
        };
        const path = '/api/v1/namespaces/airlock-system?fieldManager=x&force=true';
        return ask(here().us, 'PATCH', path, space, 'application/apply-patch+yaml');
      },
      'airlock may not UPDATE namespaces airlock-system',
    ],
    [
      'grant a right',
      () => {
        const role = {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'more' },
          rules: [],
        };
        const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/more?fieldManager=x';
        return ask(here().us, 'PATCH', path, role, 'application/apply-patch+yaml');
      },
      'airlock may not CREATE clusterroles more',
    ],
    [
      'write an Event elsewhere',
      () =>
        ask(here().us, 'POST', '/api/v1/namespaces/airlock-system/events', {
          metadata: { generateName: 'x' },
          involvedObject: { namespace: 'airlock-system' },
        }),
      // Two policies deny it, and either one may answer.
      'denied request: ',
    ],
  ])('%s', async (_what, request, words) => {
    const answer = await request();

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain(words);
  });
});
