import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { AwsError } from '../../local/aws/service.ts';
import { VirtualClock } from '../../local/clock.ts';
import { ModelledMachine } from '../../local/machine/modelled.ts';
import type { ClusterSettings } from '../../local/world/services.ts';
import { World } from '../../local/world/world.ts';
import { cluster } from './scenario.ts';

/** Deploys the sample over a cluster that EKS has in some way. */
async function deployed(settings: ClusterSettings = {}, clusters: readonly string[] = [cluster]): Promise<World> {
  const world = await World.start({
    assembly: inject('assembly'),
    clock: new VirtualClock(),
    clusters,
    clusterSettings: { [cluster]: settings },
    auditLogGroup: '/aws/events/Airlock/audit',
    machine: async () => new ModelledMachine(),
  });
  onTestFinished(() => world.stop());
  return world;
}

/** The names of Airlock's objects in the cluster, by kind. */
function objects(world: World, kind: string): readonly string[] {
  const all = world.clusters.get(cluster)?.objects(kind) ?? [];
  return all.map(({ metadata }) => metadata.name).filter((name) => !['default', 'kube-system'].includes(name));
}

const manifests = (...runtimes: ('gvisor' | 'kata' | 'sysbox')[]) => ({
  Manifests: JSON.stringify(
    renderManifests({
      runtimes: runtimes.map((runtime) => ({
        runtime,
        handler: runtime === 'gvisor' ? 'runsc' : runtime === 'kata' ? 'kata-qemu' : 'sysbox-runc',
      })),
    }),
  ),
});
const applied = 'Manifests/Applied/Default';

describe('a deployment', () => {
  it.each<[string, ClusterSettings, readonly string[], RegExp]>([
    [
      'that EKS does not have',
      {},
      ['other'],
      /EKS has no cluster demo in this account and region: correct the name in airlock\.yaml/,
    ],
    [
      'that takes no access entries',
      { authenticationMode: 'CONFIG_MAP' },
      [cluster],
      /authentication mode is CONFIG_MAP\. .*aws eks update-cluster-config --name demo --access-config authenticationMode=API_AND_CONFIG_MAP/,
    ],
    [
      'with a private end point alone',
      { access: 'private' },
      [cluster],
      /cluster demo has a private end point alone: write "private: true" for it in airlock\.yaml/,
    ],
    [
      'that answers some addresses alone',
      { publicAccessCidrs: ['198.51.100.0/24'] },
      [cluster],
      /answers only 198\.51\.100\.0\/24 from outside: turn its private end point on with aws eks .*, and write "private: true"/,
    ],
  ])('for a cluster %s fails with what to do, before anything is in it', async (_what, settings, clusters, words) => {
    await expect(deployed(settings, clusters)).rejects.toThrow(words);
  });

  it('waits for a function that is not there yet, as the framework does', async () => {
    let refused = 0;
    const world = await World.start({
      assembly: inject('assembly'),
      clock: new VirtualClock(),
      clusters: [cluster],
      auditLogGroup: '/aws/events/Airlock/audit',
      machine: async () => new ModelledMachine(),
      faults: {
        beforeCall: ({ operation }) => {
          if (operation !== 'Invoke' || refused > 0) return undefined;
          refused++;
          return new AwsError(
            'ResourceConflictException',
            'The function is currently in the following state: Pending',
            409,
          );
        },
      },
    });
    onTestFinished(() => world.stop());
    expect([refused, world.cloud.calls.get('lambda:GetFunction')]).toEqual([1, 1]);
  });
});

describe('the manifests in a cluster', () => {
  it('are applied by the deployment, which says so in an output', async () => {
    const world = await deployed();

    expect(objects(world, 'RuntimeClass').toSorted()).toEqual(['gvisor', 'kata-qemu', 'sysbox-runc']);
    expect(objects(world, 'ClusterRoleBinding')).toEqual(['airlock-gatekeeper']);
    expect(Object.values(world.cloud.outputs)).toContain('16 objects applied');
    expect(world.clusters.get(cluster)?.refusals).toEqual([]);
  });

  it('follow an update, and come back where it fails', async () => {
    const world = await deployed();
    await expect(world.cloud.update(applied, manifests('gvisor'))).resolves.toEqual({
      Summary: '14 objects applied, 2 removed',
    });
    expect(objects(world, 'RuntimeClass')).toEqual(['gvisor']);

    world.clusters.get(cluster)?.apply({
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'sysbox-runc' },
      handler: 'sysbox-runc',
      scheduling: { nodeSelector: { 'sysbox-install': 'yes' } },
    });
    const failing = world.cloud.update(applied, manifests('gvisor', 'kata', 'sysbox'));

    await expect(failing).rejects.toThrow(/Somebody else owns RuntimeClass sysbox-runc/);
    // What was made on the way is gone, and what is somebody else's has stayed.
    expect(objects(world, 'RuntimeClass').toSorted()).toEqual(['gvisor', 'sysbox-runc']);
    expect(world.clusters.get(cluster)?.objects('RuntimeClass').at(-1)?.scheduling).toEqual({
      nodeSelector: { 'sysbox-install': 'yes' },
    });
  });

  it('go with the stack, after the identity that they are for, and with them the one that applied them', async () => {
    const world = await deployed();
    await world.cloud.destroy();

    for (const kind of [
      'Namespace',
      'ValidatingAdmissionPolicy',
      'ClusterRole',
      'ClusterRoleBinding',
      'Role',
      'RuntimeClass',
    ]) {
      expect([kind, objects(world, kind)]).toEqual([kind, []]);
    }
    expect(world.services.eks.entries()).toEqual([]);
  });
});
