import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Addressed } from '../../../lambdas/adapters/kubernetes-objects.ts';
import { clear, create, update } from '../../../lambdas/prepare-cluster/prepare.ts';
import { manifestsFor, namesOf, World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.stop());

const all = manifestsFor();
const creating = (manifests: readonly Addressed[] = all) => world.run((ports) => create(manifests, ports));
const updating = (manifests: readonly Addressed[]) => world.run((ports) => update(manifests, ports));
const clearing = (manifests: readonly Addressed[] = all) => world.run((ports) => clear(manifests, ports));

/** Makes the server fail a given number of writes of one object. */
function failOn(resource: string, name: string, code: 403 | 500, times = Number.POSITIVE_INFINITY): void {
  const meets = (request: { resource: string; name: string | undefined; verb: string }) =>
    request.verb === 'patch' && request.resource === resource && request.name === name;
  world.api.faults.plant(meets, { kind: 'status', code }, times);
}

describe('a cluster that is prepared', () => {
  it('has every object of the manifests, and we own each field', async () => {
    const { value } = await creating();

    expect(value).toBe(`${all.length} objects applied`);
    expect([...world.objects()].sort()).toEqual(namesOf(all));
    for (const { kind } of all) {
      for (const { metadata } of world.api
        .objects(kind)
        .filter(({ metadata: { name } }) => /^(airlock|gvisor|kata|sysbox)/.test(name))) {
        expect(metadata.managedFields?.map(({ manager, operation }) => [manager, operation])).toEqual([
          ['airlock', 'Apply'],
        ]);
      }
    }
    expect(world.api.refusals).toEqual([]);
  });

  it('grants no right before its policies are seen to deny, on three new connections in a row', async () => {
    const denied: string[] = [];
    const seen: string[] = [];
    world.api.faults.plant(({ verb, resource }) => verb === 'patch' && resource === 'namespaces', {
      kind: 'meanwhile',
      run: () => void denied.push('probe'),
    });
    world.api.faults.plant(({ verb, resource }) => verb === 'patch' && resource.endsWith('rolebindings'), {
      kind: 'meanwhile',
      run: () => void seen.push(`${denied.length}`),
    });
    const began = world.clock.now();
    await creating();

    // One application, one dry run per second that passes while the policy is not in force, and three that are denied.
    expect(seen[0]).toBe('6');
    expect(world.clock.now() - began).toBeGreaterThanOrEqual(2_000);
  });

  it('does not change when it is prepared once more', async () => {
    await creating();
    const before = all.flatMap(({ kind }) => world.api.objects(kind).map(({ metadata }) => metadata.resourceVersion));
    const { value } = await updating(all);

    expect(value).toBe(`${all.length} objects applied, 0 removed`);
    expect(all.flatMap(({ kind }) => world.api.objects(kind).map(({ metadata }) => metadata.resourceVersion))).toEqual(
      before,
    );
  });

  it('restores what was changed in one of our objects', async () => {
    await creating();
    const role = world.api.objects('ClusterRole').find(({ metadata }) => metadata.name === 'airlock-gatekeeper');
    world.api.apply({ ...role, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] });
    await updating(all);

    const { rules } =
      world.api.objects('ClusterRole').find(({ metadata }) => metadata.name === 'airlock-gatekeeper') ?? {};
    expect(rules).toEqual(role?.rules);
  });
});

describe('a cluster that is not ready for it yet', () => {
  it('is polled until the access entry has spread', async () => {
    await world.stop();
    world = await World.start({ grantAccess: false });
    world.clock.after(30_000, () => world.grantAccess());

    expect((await creating()).value).toBe(`${all.length} objects applied`);
    expect(world.clock.now()).toBeGreaterThan(30_000);
  });

  it('that never grants access fails with what to do', async () => {
    await world.stop();
    world = await World.start({ grantAccess: false });
    const { error } = await creating();

    expect(error?.message).toMatch(
      /^cluster prod-1, Namespace airlock-system: HTTP 401: Unauthorized\. This function's access entry is missing/,
    );
    expect(error?.message).toContain('manifests: manual');
  });

  it('whose policies never come into force gets no right, and the error states so', async () => {
    await world.stop();
    world = await World.start({ propagationDelayMs: 3_600_000 });
    const { error } = await creating();

    expect(error?.message).toMatch(
      /policy airlock-elsewhere was applied but denied nothing for 120 s, so no permissions were granted\. Deploy again/,
    );
    expect(world.objects()).toEqual([]);
  });

  it('that answers 500, 429 and drops connections for a while is prepared anyway', async () => {
    failOn('runtimeclasses', 'gvisor', 500, 3);
    world.api.faults.plant(
      ({ resource }) => resource === 'roles',
      { kind: 'status', code: 429, retryAfterSeconds: 20 },
      1,
    );
    world.api.faults.plant(({ resource }) => resource === 'clusterroles', { kind: 'drop', when: 'after' }, 1);

    expect((await creating()).value).toBe(`${all.length} objects applied`);
  });

  it('that never answers fails with what to do', async () => {
    world.api.faults.plant(() => true, { kind: 'drop', when: 'before' });
    const { error } = await creating();

    expect(error?.message).toContain(
      'The API of prod-1 does not answer this function. A private endpoint needs "private: true"',
    );
  });
});

describe('a creation that fails', () => {
  it('removes what it created, because CloudFormation does not request a deletion', async () => {
    failOn('runtimeclasses', 'sysbox-runc', 403);
    // Created, but the answer was lost: it is removed too.
    world.api.faults.plant(
      ({ verb, name }) => verb === 'patch' && name === 'kata-qemu',
      { kind: 'drop', when: 'after' },
      1,
    );
    const { error } = await creating();

    expect(error?.message).toContain('RuntimeClass sysbox-runc: HTTP 403');
    expect(world.objects()).toEqual([]);
  });

  it('leaves what existed before', async () => {
    for (const object of all.slice(0, -1)) world.api.apply(object);
    failOn('runtimeclasses', 'sysbox-runc', 403);
    await creating();

    expect([...world.objects()].sort()).toEqual(namesOf(all.slice(0, -1)));
  });

  it("over another installer's RuntimeClass names its owner, and changes nothing in it", async () => {
    const theirs = {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'kata-qemu' },
      handler: 'kata-qemu',
      scheduling: { nodeSelector: { 'katacontainers.io/kata-runtime': 'true' } },
    };
    world.api.apply(theirs);
    const { error } = await creating();

    expect(error?.message).toContain(
      'conflict with "kubectl-client-side-apply" using node.k8s.io/v1: .scheduling.nodeSelector',
    );
    expect(error?.message).toContain('Another manager owns RuntimeClass kata-qemu, or it cannot be changed');
    expect(world.api.objects('RuntimeClass').map(({ metadata, scheduling }) => [metadata.name, scheduling])).toEqual([
      ['kata-qemu', theirs.scheduling],
    ]);
  });
});

describe('an update', () => {
  const less = manifestsFor(['gvisor']);

  it('removes what is no longer in the manifests', async () => {
    await creating();
    const { value } = await updating(less);

    expect(value).toBe(`${less.length} objects applied, 2 removed`);
    expect([...world.objects()].sort()).toEqual(namesOf(less));
  });

  it('that no longer enforces namespaces removes both policies with their bindings', async () => {
    await creating();
    const off = manifestsFor(undefined, undefined, 'off');
    const { value } = await updating(off);

    expect(value).toBe(`${off.length} objects applied, 4 removed`);
    expect([...world.objects()].sort()).toEqual(namesOf(off));
  });

  it('keeps a RuntimeClass that pods use, and names it', async () => {
    await creating();
    await world.pod('kata-qemu');
    const { value } = await updating(less);

    expect(value).toBe(
      `${less.length} objects applied, 1 removed; kept RuntimeClass kata-qemu: a pod uses it, for instance default/uses-kata-qemu`,
    );
    expect(world.objects()).toContain('RuntimeClass kata-qemu');
    expect(world.objects()).not.toContain('RuntimeClass sysbox-runc');
  });

  it('that fails half way is undone by the update back', async () => {
    await creating(less);
    failOn('runtimeclasses', 'sysbox-runc', 403);
    const failed = await updating(all);
    world.api.faults.clear();
    const back = await updating(less);

    expect(failed.error?.message).toContain('RuntimeClass sysbox-runc');
    expect(back.value).toBe(`${less.length} objects applied, 1 removed`);
    expect([...world.objects()].sort()).toEqual(namesOf(less));
  });

  it('to another kind of gate changes rights and policies, and back', async () => {
    const other = manifestsFor(undefined, 'readiness.k8s.io/airlock');
    const rules = () => JSON.stringify(world.api.objects('ClusterRole').map((role) => role.rules));
    await creating();
    const before = rules();
    await updating(other);
    const after = rules();
    await updating(all);

    expect(after.includes('nodes/status')).toBe(true);
    expect(rules()).toEqual(before);
  });
});

describe('what another version applied', () => {
  const group = { kind: 'Group', name: 'airlock:gatekeepers', apiGroup: 'rbac.authorization.k8s.io' };
  const policy = (name: string) => ({
    ...all.find(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding'),
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'airlock' } },
  });

  it("is removed by the update to this one, including that version's own policy", async () => {
    await creating();
    await applied(policy('airlock-of-tomorrow'));
    const { value } = await updating(all);

    expect(value).toBe(`${all.length} objects applied, 1 removed`);
    expect([...world.objects()].sort()).toEqual(namesOf(all));
  });

  it('is removed by a deletion', async () => {
    await creating();
    await applied(policy('airlock-of-tomorrow'));

    expect((await clearing()).value).toBe(`${all.length + 1} objects removed`);
    expect(world.objects()).toEqual([]);
  });

  it('is distinguished from other objects by the label, the name and the owner of its fields', async () => {
    await creating();
    await applied(policy('of-others'));
    const { labels: _, ...unlabelled } = policy('airlock-of-others').metadata;
    await applied({ ...policy('airlock-of-others'), metadata: unlabelled });
    world.api.apply(policy('airlock-by-kubectl'));
    await updating(all);

    expect([...world.objects()].sort()).toEqual(
      [
        ...namesOf(all),
        ...['of-others', 'airlock-of-others', 'airlock-by-kubectl'].map(
          (name) => `ValidatingAdmissionPolicyBinding ${name}`,
        ),
      ].sort(),
    );
  });

  it('may still grant rights, and then no policy is removed', async () => {
    await creating();
    world.api.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'by-hand' },
      subjects: [group],
      roleRef: { apiGroup: group.apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
    });
    const { value } = await clearing();

    expect(value).toContain(
      'kept ValidatingAdmissionPolicy airlock-nodes: the ClusterRoleBinding by-hand grants permissions to airlock:gatekeepers',
    );
    expect(world.objects().filter((name) => name.startsWith('ValidatingAdmissionPolicy'))).toHaveLength(12);
    expect(world.objects()).not.toContain('ClusterRoleBinding airlock-gatekeeper');
  });

  it('may grant rights while the policies are removed: they come back, and the deletion has failed', async () => {
    await creating();
    const binding = all.find(({ kind }) => kind === 'ClusterRoleBinding');
    world.api.faults.plant(
      ({ verb, name }) => verb === 'delete' && name === 'airlock-elsewhere',
      { kind: 'meanwhile', run: () => void world.api.apply(binding ?? {}) },
      1,
    );
    const { error } = await clearing();

    expect(error?.message).toContain('grants permissions to airlock:gatekeepers since the policies were removed');
    expect(world.objects().filter((name) => name.startsWith('ValidatingAdmissionPolicy'))).toHaveLength(12);
  });

  /** Applies an object as the function does. */
  async function applied(object: object): Promise<void> {
    const { apiVersion, kind, metadata } = object as Addressed;
    await world.run(({ api }) => api.apply({ ...object, apiVersion, kind, metadata }));
  }
});

describe('what Airlock does not render is not applied', () => {
  const find = (kind: string) => all.find((one) => one.kind === kind) as Addressed & Record<string, unknown>;
  it.each<[string, () => Addressed]>([
    ['an object of another kind', () => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'airlock-x' } })],
    ['an object of another name', () => ({ ...find('Namespace'), metadata: { name: 'kube-system' } })],
    [
      'a binding to everyone',
      () => ({ ...find('ClusterRoleBinding'), subjects: [{ kind: 'Group', name: 'system:authenticated' }] }),
    ],
    [
      'a binding to one more',
      () => ({
        ...find('RoleBinding'),
        subjects: [...(find('RoleBinding')['subjects'] as object[]), { kind: 'User', name: 'mallory' }],
      }),
    ],
    [
      'a binding of another role',
      () => ({
        ...find('ClusterRoleBinding'),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      }),
    ],
    [
      'a role with one more rule',
      () => ({
        ...find('ClusterRole'),
        rules: [...(find('ClusterRole')['rules'] as object[]), { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
      }),
    ],
    [
      'a role that aggregates others',
      () => ({ ...find('ClusterRole'), aggregationRule: { clusterRoleSelectors: [{}] } }),
    ],
  ])('%s', async (_what, object) => {
    const { error } = await updating([...all, object()]);

    expect(error?.message).toMatch(/is not as Airlock renders it, so nothing was applied/);
    expect(world.objects()).toEqual([]);
  });
});

describe('a deletion', () => {
  it('removes everything in reverse: rights before the policies that restrict them', async () => {
    await creating();
    world.told.length = 0;
    const { value } = await clearing();

    expect(value).toBe(`${all.length} objects removed`);
    expect(world.objects()).toEqual([]);
    const removed = world.told.map((line) => line.replace(' removed', ''));
    expect([...removed].sort()).toEqual(
      all
        .map(
          ({ kind, metadata: { name, namespace } }) =>
            `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
        )
        .sort(),
    );
    expect(removed.map((line) => line.split(' ')[0]).filter((kind, at, kinds) => kinds.indexOf(kind) === at)).toEqual([
      'RoleBinding',
      'ClusterRoleBinding',
      'Role',
      'ClusterRole',
      'RuntimeClass',
      'ValidatingAdmissionPolicyBinding',
      'ValidatingAdmissionPolicy',
      'ResourceQuota',
      'Namespace',
    ]);
  });

  it('keeps a RuntimeClass that pods use, and removes all else', async () => {
    await creating();
    await world.pod('gvisor');
    const { value } = await clearing();

    expect(value).toBe(
      `${all.length - 1} objects removed; kept RuntimeClass gvisor: a pod uses it, for instance default/uses-gvisor`,
    );
    expect(world.objects()).toEqual(['RuntimeClass gvisor']);
  });

  it('removes a RuntimeClass whose pods have all ended', async () => {
    await creating();
    await world.pod('gvisor');
    const path = '/api/v1/namespaces/default/pods/uses-gvisor/status';
    const { ask } = await import('../../../packages/local-kubernetes/client.ts');
    await ask(world.admin, 'PATCH', path, [{ op: 'add', path: '/status/phase', value: 'Succeeded' }]);

    expect((await clearing()).value).toBe(`${all.length} objects removed`);
  });

  it('keeps a RuntimeClass that another manager also owns, without our fields', async () => {
    world.api.apply({
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'gvisor' },
      handler: 'runsc',
    });
    await creating();
    const { value } = await clearing();

    expect(value).toContain('kept RuntimeClass gvisor: kubectl-client-side-apply also owns fields of it');
    const [left] = world.api.objects('RuntimeClass');
    expect(left?.handler).toBe('runsc');
    expect(left?.scheduling).toBeUndefined();
    expect(left?.metadata.labels).toBeUndefined();
  });

  it('can be requested twice', async () => {
    await creating();
    await clearing();

    expect((await clearing()).error).toBeUndefined();
  });

  it('and a new creation right after it have the same result as the first one', async () => {
    await creating();
    await clearing();
    await creating();

    expect([...world.objects()].sort()).toEqual(namesOf(all));
  });
});

it('what is applied for our identity does not restrict the function that applies it', async () => {
  await creating();

  expect((await updating(manifestsFor(['gvisor']))).error).toBeUndefined();
});
