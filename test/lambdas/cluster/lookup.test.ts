import fc from 'fast-check';
import { expect, it } from 'vitest';
import { provenLabel } from '../../../domain/kubernetes.ts';
import { NodeLookup } from '../../../lambdas/cluster/lookup.ts';
import { clusterNodes, installation, launch, now } from '../arbitraries.ts';

it("whatever a Node holds, it belongs to a launch only with the launch's providerID and in the boot that was proven", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(clusterNodes, { maxLength: 3 }), async (all) => {
      const unreleased = all.filter(({ labels }) => labels?.[provenLabel] === undefined);
      const named = (name: string) => all.find((one) => one.name === name);
      const lookup = new NodeLookup(
        {
          view: {
            node: async (name) => unreleased.find((one) => one.name === name),
            withProviderId: async (id) => unreleased.filter(({ providerId }) => providerId === id),
            releasedWithProviderId: async (id) =>
              all.filter((one) => one.providerId === id && !unreleased.includes(one)),
          },
          api: { readNode: async (name) => named(name) },
          time: { now: () => now },
        },
        launch,
        { id: installation.host.bootId },
        { aloneMs: 0 },
      );
      const { nodes: found = [] } = await lookup.find();
      for (const node of found) expect(node.providerId).toBe(launch.providerId);
      if (found.length === 1) expect(found[0]?.boot?.id).toBe(installation.host.bootId);
    }),
    { numRuns: 3_000 },
  );
});
