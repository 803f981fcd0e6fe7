import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { actByHand } from '../../cli/acts/by-hand.ts';
import { openReach } from '../../cli/acts/reach.ts';
import type { Acted } from '../../cli/acts/report.ts';
import { rerun } from '../../cli/acts/rerun.ts';
import {
  type ActedResources,
  type ActingCommand,
  policyOfCommand,
  type RightsPolicy,
  rulesOfCommand,
} from '../../cli/acts/rights.ts';
import { uninstall } from '../../cli/acts/uninstall.ts';
import { actOnRollouts } from '../../cli/rollout/rollout.ts';
import { stackName } from '../../cli/verify-aws/stack.ts';
import { provenLabel, stateLabel } from '../../domain/kubernetes.ts';
import type { RolloutAct } from '../../domain/rollout/rollout.ts';
import { type Machine, ModelledMachine, SimulatedMachine } from '../../packages/lab/machines.ts';
import { startMirror } from '../../packages/lab/releases.ts';
import type { LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import { readPolicy } from '../../packages/local-aws/iam.ts';
import { serve } from '../../packages/local-aws/server.ts';
import { ask } from '../../packages/local-kubernetes/client.ts';
import { Cause } from '../scenarios/cause.ts';
import { deployVersion, quickRollout } from '../scenarios/deploy-version.ts';
import { withOperator } from '../scenarios/operator.ts';
import { withRollout } from '../scenarios/roll-out.ts';
import {
  cluster,
  done,
  gate,
  launch,
  nodeOf,
  pass,
  settle,
  startSimulation,
  taintsOf,
  timeline,
} from '../scenarios/scenario.ts';

const minute = 60_000;
const quarantined = [gate, 'airlock.dev/quarantined'];

// The first call synthesizes the app.
beforeAll(() => withOperator(), 120_000);

/** How a command ended, with what it printed as JSON. */
interface Ended {
  readonly code: number;
  readonly launches: readonly Acted[];
  /** What became of the stack. */
  readonly stack: string;
}

/** A person at a terminal, with exactly the rights of one command at a time. */
class Person {
  readonly #world: Simulation;
  readonly #kubeconfig = join(mkdtempSync(join(inject('scratch'), 'acts-')), 'kubeconfig');

  readonly #resources: ActedResources;

  constructor(world: Simulation) {
    this.#world = world;
    const { cloud } = world;
    const { partition, region, account } = cloud.core.env;
    this.#resources = {
      prefix: (service) => `arn:${partition}:${service}:${region}:${account}:`,
      stack: stackName,
      table: cloud.resource('Ledger/Table/Resource').ref,
      bus: cloud.resource('Bus/Bus/Resource').ref,
      reconcile: cloud.resource('Reconcile/Function/Resource').ref,
    };
    const { endpoint, caBase64 } = this.#cluster;
    const user = { token: this.#cluster.tokenFor('ops', ['ops']) };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'demo',
      clusters: [{ name: 'demo', cluster: { server: endpoint, 'certificate-authority-data': caBase64 } }],
      users: [{ name: 'ops', user }],
      contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'ops' } }],
    };
    writeFileSync(this.#kubeconfig, stringify(config));
  }

  get #cluster() {
    const found = this.#world.clusters.get(cluster);
    if (found === undefined) throw new Error('there is no cluster');
    return found;
  }

  /** The rights of a command in this account, from the generated page's own table. */
  policyOf(command: ActingCommand): RightsPolicy {
    return policyOfCommand(command, this.#resources);
  }

  /** Runs a command with its own rights in AWS and in the cluster, less what is taken away. */
  async run(
    command: Exclude<ActingCommand, 'breaker close'>,
    name: string | undefined,
    without: { readonly sid?: string; readonly rules?: true } = {},
    more: { readonly to?: string; readonly because?: undefined } = {},
  ): Promise<Ended> {
    const served = await serve(this.#world.cloud);
    const { credentials, url: endpoint } = served;
    const policy = this.policyOf(command);
    const Statement = policy.Statement.filter(({ Sid }) => Sid !== without.sid);
    const role = this.#world.cloud.iam.roles.get('Operator');
    if (role === undefined) throw new Error('there is no operator');
    this.#world.cloud.iam.roles.set('Operator', {
      ...role,
      policies: new Map(Statement.length === 0 ? [] : [['acts', readPolicy({ ...policy, Statement })]]),
    });
    this.#cluster.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'ops' },
      rules: without.rules ? [] : rulesOfCommand(command),
    });
    this.#cluster.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'ops' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'ops' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'ops' }],
    });
    const open = () => openReach({ endpoint, region: this.#world.cloud.core.env.region, credentials });
    let out = '';
    const written = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
    const options = {
      all: name === undefined,
      because: 'a test',
      yes: true,
      json: true,
      dryRun: false,
      wait: false,
      kubeconfig: this.#kubeconfig,
    };
    const { because: _, ...unreasoned } = options;
    const rolling = {
      ...('because' in more ? unreasoned : options),
      ...(more.to === undefined ? {} : { to: more.to }),
      config: rollingConfig(),
    };
    try {
      const ending =
        command === 'retry' || command === 'verify'
          ? rerun(command, name, options, open)
          : command === 'uninstall'
            ? uninstall(name, options, open)
            : command.startsWith('rollout ')
              ? actOnRollouts(command.slice('rollout '.length) as RolloutAct['act'], name, rolling, open)
              : actByHand(command as 'release' | 'quarantine', name ?? '', options, open);
      let isOver = false;
      void ending
        .catch(() => {})
        .finally(() => {
          isOver = true;
        });
      while (!isOver) {
        await pass(this.#world, 100);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const code = await ending;
      const { launches = [], stack = '' } = out === '' ? {} : (JSON.parse(out) as Partial<Ended>);
      return { code, launches, stack };
    } finally {
      written.mockRestore();
      await served.close();
    }
  }
}

/** An airlock.yaml with rollouts: without them, acts about them are refused. */
function rollingConfig(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'airlock-acts-')), 'airlock.yaml');
  writeFileSync(path, 'clusters: [{name: demo, instanceProfiles: [demo-nodes]}]\nrollout: {}\n');
  return path;
}

const acts = (world: Simulation) =>
  world.audit().flatMap(({ 'detail-type': type, detail }) => (type === 'Operator Acted' ? [detail] : []));
const reopened = (world: Simulation) =>
  world.audit().flatMap(({ detail }) => ('finding' in detail && detail.finding === 'reopened' ? [detail.next] : []));
const labelsOf = (world: Simulation, node: LaunchedNode) => nodeOf(world, node).metadata.labels ?? {};
const annotationsOf = (world: Simulation, node: LaunchedNode) => nodeOf(world, node).metadata.annotations ?? {};

describe('an operator with exactly the documented rights', () => {
  it('retries a node that failed, quarantines it by hand and has it proven again, and reconcile leaves it alone meanwhile', async () => {
    const cause = new Cause();
    const world = await startSimulation([], cause.machine, await withOperator());
    const person = new Person(world);
    const node = await launch(world);
    await settle(world);
    expect(taintsOf(world, node)).toEqual(quarantined);

    const early = await person.run('verify', node.instanceId);
    expect(early.code).toBe(1);
    expect(early.launches[0]?.detail).toContain('airlock retry');
    cause.fixed = true;
    const retried = await person.run('retry', node.nodeName);
    expect(retried).toMatchObject({ code: 0, launches: [{ result: 'requested', instanceId: node.instanceId }] });
    await pass(world, 5 * minute);
    expect(timeline(world, node).at(-1)).toBe('Node Released');
    expect(taintsOf(world, node)).toEqual([]);
    expect((await person.run('release', node.instanceId)).launches[0]).toMatchObject({ result: 'refused' });

    const closed = await person.run('quarantine', node.instanceId);
    expect(closed).toMatchObject({ code: 0, launches: [{ result: 'done' }] });
    const started = done(world, 'StartExecution');
    await pass(world, 10 * minute);
    expect(taintsOf(world, node).toSorted()).toEqual(quarantined.toSorted());
    expect(labelsOf(world, node)).not.toHaveProperty([provenLabel]);
    expect(done(world, 'StartExecution')).toEqual(started);
    expect(Object.keys(annotationsOf(world, node))).toEqual(expect.arrayContaining(['airlock.dev/operator-act']));

    // Something else opens the gate: that is reported once, and no run opens or closes the node.
    const shut = nodeOf(world, node);
    world.clusters.get(cluster)?.apply({ ...shut, spec: { ...shut.spec, taints: [] } });
    await pass(world, 10 * minute);
    expect(reopened(world)).toEqual(['operator']);
    expect(taintsOf(world, node)).toEqual([]);
    const open = nodeOf(world, node);
    world.clusters.get(cluster)?.apply({ ...open, spec: { ...open.spec, taints: shut.spec?.taints ?? [] } });

    expect((await person.run('verify', node.instanceId)).code).toBe(0);
    await pass(world, 5 * minute);
    expect(timeline(world, node).at(-1)).toBe('Node Reverified');
    expect(taintsOf(world, node)).toEqual([]);
    expect(annotationsOf(world, node)).not.toHaveProperty(['airlock.dev/operator-act']);
    const documents = world.services.ssm.commands().map(({ document }) => document.name.split('-')[2]);
    expect(documents).toEqual(['install', 'install', 'prove']);
    expect(acts(world)).toMatchObject([
      { command: 'retry', because: 'a test', actor: { kind: 'operator', name: expect.stringContaining('Operator') } },
      { command: 'quarantine' },
      { command: 'verify' },
    ]);
  }, 60_000);

  it('quarantines a node while its run is under way, and the run does not open it', async () => {
    const world = await startSimulation([], async () => new ModelledMachine(), await withOperator());
    const person = new Person(world);
    const node = await launch(world, { agentAfterMs: 2 * minute });
    await pass(world, minute);
    expect(await person.run('quarantine', node.instanceId)).toMatchObject({ code: 0, launches: [{ result: 'done' }] });
    await settle(world);
    expect(world.report(node).outcome).toBe('closed-by-operator');
    expect(world.report(node).detail).toMatch(/^airlock quarantine at .* by arn:.*: a test/);
    expect(taintsOf(world, node).toSorted()).toEqual(quarantined.toSorted());
  }, 60_000);

  it('releases a node by hand without the label of a proof, and a retry that fails closes it again', async () => {
    const world = await startSimulation([], async () => new ModelledMachine(['not-sandboxed']), await withOperator());
    const person = new Person(world);
    const node = await launch(world);
    await settle(world);

    for (const { Sid } of person.policyOf('release').Statement) {
      await expect(person.run('release', node.instanceId, { sid: Sid }), Sid).rejects.toThrow(/not authorized|denied/i);
    }
    await expect(person.run('release', node.instanceId, { rules: true })).rejects.toThrow(/answers 403/);
    expect(taintsOf(world, node)).toEqual(quarantined);
    expect(annotationsOf(world, node)).toEqual(
      expect.not.objectContaining({ 'airlock.dev/operator-act': expect.anything() }),
    );

    const opened = await person.run('release', node.instanceId);
    expect(opened).toMatchObject({
      code: 0,
      launches: [{ result: 'done', notProven: [{}, {}].map(() => expect.any(String)) }],
    });
    await pass(world, 10 * minute);
    expect(taintsOf(world, node)).toEqual([]);
    expect(labelsOf(world, node)[stateLabel]).toBe('released-by-hand');
    expect(labelsOf(world, node)).not.toHaveProperty([provenLabel]);
    expect(acts(world).at(-1)).toMatchObject({
      command: 'release',
      notProven: expect.arrayContaining([expect.any(String)]),
    });

    expect((await person.run('retry', node.instanceId, { sid: 'BeginAtOnce' })).code).toBe(0);
    await pass(world, 6 * minute);
    expect(taintsOf(world, node).toSorted()).toEqual(quarantined.toSorted());
    expect(labelsOf(world, node)[stateLabel]).toBe('quarantined');
  }, 60_000);

  it('pauses a rollout, goes on with it and goes back, and reconcile follows', async () => {
    const [old, fresh] = ['20260921.0', '20260928.0'];
    const assembly = withRollout(quickRollout, 'gvisor', { default: old }, await withOperator());
    const world = await startSimulation([], async () => new ModelledMachine(), assembly);
    const person = new Person(world);
    const nodes = [await launch(world), await launch(world)];
    await settle(world);
    const versions = () =>
      nodes.map((node) => JSON.parse(annotationsOf(world, node)['airlock.dev/receipt'] ?? '{}').installation.version);
    deployVersion(world, 'gvisor', { default: fresh });
    await pass(world, 5 * minute);
    for (const { Sid } of person.policyOf('rollout pause').Statement.filter(({ Sid: sid }) => sid !== 'PublishTheAct'))
      await expect(person.run('rollout pause', 'sandboxed', { sid: Sid }), Sid).rejects.toThrow(
        /not authorized|denied/i,
      );
    expect((await person.run('rollout pause', 'sandboxed')).code).toBe(0);
    await pass(world, 40 * minute);
    expect(versions().toSorted()).toEqual([old, fresh]);
    expect((await person.run('rollout pause', 'sandboxed')).code).toBe(1);
    expect((await person.run('rollout resume', 'sandboxed')).code).toBe(0);
    await pass(world, 15 * minute);
    expect(versions()).toEqual([fresh, fresh]);
    expect((await person.run('rollout rollback', 'sandboxed')).code).toBe(0);
    await pass(world, 30 * minute);
    expect(versions()).toEqual([old, old]);

    // No node of the pool ever had this one: without a reason nothing is written.
    const unproven = { to: '20260831.0', because: undefined };
    expect((await person.run('rollout rollback', 'sandboxed', {}, unproven)).code).toBe(1);
    // It had this one, so it needs none.
    const proven = { to: fresh, because: undefined };
    expect((await person.run('rollout rollback', 'sandboxed', {}, proven)).code).toBe(0);
    await pass(world, 6 * minute);
    expect(versions().toSorted()).toEqual([old, fresh]);
    expect((await person.run('rollout abort', 'sandboxed')).code).toBe(0);
    await pass(world, 30 * minute);
    expect(versions().toSorted()).toEqual([old, fresh]);
    expect((await person.run('rollout abort', 'sandboxed')).code).toBe(1);
    // An abort is a person's: no alarm fires.
    expect(
      world
        .audit()
        .filter((event) => event['detail-type'] === 'Rollout Stopped')
        .map(({ detail }) => detail),
    ).toMatchObject([{ target: fresh, because: 'aborted: a test' }]);
    expect(acts(world).map(({ command }) => command)).toEqual([
      ...['rollout pause', 'rollout resume', 'rollout rollback', 'rollout rollback', 'rollout abort'],
    ]);
  }, 60_000);

  it('uninstalls a node once no pod uses the runtime, and containerd is as before', async () => {
    const mirror = await startMirror();
    onTestFinished(() => mirror.close());
    const machine = await SimulatedMachine.create({}, mirror);
    const before = machine.effective();
    const machines: Machine[] = [machine];
    const world = await startSimulation(
      [],
      async () => machines.shift() ?? new ModelledMachine(),
      await withOperator(),
    );
    const person = new Person(world);
    const node = await launch(world);
    await settle(world);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        nodeName: node.nodeName,
        runtimeClassName: 'gvisor',
        containers: [{ name: 'web', image: 'web' }],
      },
    };
    const api = world.clusters.get(cluster);
    if (api === undefined) throw new Error('there is no cluster');
    api.apply(pod);

    const blocked = await person.run('uninstall', node.instanceId);
    expect(blocked).toMatchObject({ code: 1, launches: [{ result: 'refused', pods: ['default/web'] }] });
    expect(taintsOf(world, node)).toEqual([]);
    const admin = { ...api, clock: world.clock, caPem: api.caPem, token: api.tokenFor('admin', ['system:masters']) };
    const gone = ask({ ...admin, endpoint: api.endpoint }, 'DELETE', '/api/v1/namespaces/default/pods/web');
    await pass(world, minute);
    expect((await gone).code).toBe(200);
    for (const sid of ['ReadTheDocument', 'SendTheDocument', 'ToManagedInstances', 'ReadTheResult'])
      await expect(person.run('uninstall', node.instanceId, { sid }), sid).rejects.toThrow(/not authorized/);
    const removed = await person.run('uninstall', node.instanceId);
    expect(removed).toMatchObject({ code: 0, launches: [{ result: 'done', outcome: 'uninstalled' }] });
    expect(machine.effective()).toEqual(before);
    expect(taintsOf(world, node).toSorted()).toEqual(quarantined.toSorted());
    expect((await person.run('verify', node.instanceId)).launches[0]?.detail).toContain('airlock retry');

    // As an instance whose record has expired.
    world.services.events.delivery = ({ event }) => (event.source === 'aws.ec2' ? [] : undefined);
    const tags = { 'airlock:runtime': 'gvisor', 'eks:cluster-name': cluster };
    const old = world.services.ec2.launch({ tags, pendingMs: 0 });
    await pass(world, 1_000);
    expect(await person.run('uninstall', undefined)).toMatchObject({
      code: 1,
      stack: 'kept',
      launches: [{}, { instanceId: old, result: 'refused', detail: expect.stringContaining('90 days') }],
    });
    world.services.ec2.terminate(old);
    world.services.events.delivery = undefined;

    const late = await launch(world);
    // Its event needs a moment.
    await pass(world, 20_000);
    expect(await person.run('uninstall', undefined)).toMatchObject({ code: 1, stack: 'kept' });
    world.services.ec2.terminate(late.instanceId);
    await settle(world);
    await expect(person.run('uninstall', undefined, { sid: 'DeleteTheStack' })).rejects.toThrow(/not authorized/);
    expect(await person.run('uninstall', undefined)).toMatchObject({ code: 0, stack: 'deleted' });
    expect(world.cloud.resources).toEqual([]);
    expect(api.objects('ValidatingAdmissionPolicy')).toEqual([]);
    expect(await person.run('uninstall', undefined)).toMatchObject({ code: 0, stack: '' });
  }, 120_000);
});
