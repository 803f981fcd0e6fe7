import { expect, it } from 'vitest';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { nodeBody, startStandIn } from '../../kubernetes/cluster.ts';

it('a page that is requested too late continues from its place, with the Nodes as they are by then', async () => {
  const cluster = await startStandIn();
  const apply = (name: string) => cluster.api.apply(nodeBody(name, { paged: 'yes' }));
  const page = async (from?: string) => {
    const { endpoint, caPem, token = '' } = await cluster.asGatekeeper();
    const api = new Kubernetes({ endpoint, caPem, token });
    const { nodes, next } = await api.listNodes('paged', 2, from).finally(() => api.close());
    return { names: nodes.map(({ name }) => name), next };
  };
  for (const name of ['a', 'b', 'c']) apply(name);

  const first = await page();
  apply('d');
  await cluster.pass(6 * 60_000);
  const second = await page(first.next);

  expect(first.names).toEqual(['a', 'b']);
  expect(second.names).toEqual(['c', 'd']);
  expect(second.next).toBeUndefined();
  expect(cluster.api.counts.get('kubernetes:list nodes')).toBe(3);
  await cluster.stop();
});
