import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { checkReceipt, readKeys } from '../../cli/receipt/check.ts';
import { synthesize } from '../../cli/synthesize.ts';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import { simulatedCatalogue, startMirror } from '../../packages/lab/releases.ts';
import { type ClusterSettings, karpenterNode, type Simulation, startModelled } from '../../packages/lab/simulation.ts';
import type { Principal } from '../../packages/local-aws/aws.ts';
import { answerTo, attackerWith } from '../attacks/attacker.ts';
import { Intruder } from '../attacks/intruder.ts';
import { Copy } from '../mutations/assembly.ts';
import { commandsFor, gate, pass } from './scenario.ts';

let folder: string;
let assembly: string;
const clusters = ['demo', 'vault'];

/** An installation that signs receipts, for two clusters, one of which has a private endpoint. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-private-'));
  const project = join(import.meta.dirname, '..', '..');
  const catalogue = join(folder, 'catalogue.yaml');
  const shipped = parseCatalogue(readFileSync(join(project, 'ssm-documents', 'catalogue.yaml'), 'utf8'));
  writeFileSync(catalogue, stringify(simulatedCatalogue(shipped)));
  const config = join(folder, 'airlock.yaml');
  writeFileSync(
    config,
    'clusters: [{name: demo}, {name: vault, private: true}]\nruntimes: {gvisor: {}}\nreceiptKey: 1\ninventory: {every: 1h}\n',
  );
  assembly = join(folder, 'cdk.out');
  await synthesize({ assembly, config, catalogue });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function deployed(from = assembly, vault: ClusterSettings = { access: 'private' }): Promise<Simulation> {
  const world = await startModelled(from, {
    clusters,
    clusterSettings: { vault },
  });
  onTestFinished(() => world.stop());
  return world;
}

/** The assembly with one change in its template. */
function changed(change: (copy: Copy) => void): string {
  const copy = new Copy(assembly);
  onTestFinished(() => copy.remove());
  change(copy);
  return copy.write();
}

function settingsOf(world: Simulation, path: string) {
  return world.cloud.lambda.function(world.cloud.resource(`${path}/Function/Resource`).ref).settings;
}

describe('two clusters in one installation, one of them private', () => {
  it('each get their nodes released by their own function', async () => {
    const world = await deployed();
    const nodes = await Promise.all(clusters.map((cluster) => world.launch(karpenterNode(cluster, gate))));
    await world.settle(40 * 60_000);
    // The receipts are signed after the end.
    await pass(world, 10_000);

    expect(nodes.map((node) => world.report(node).outcome)).toEqual(['released', 'released']);
    for (const [name, node] of clusters.map((name, at) => [name, nodes[at]] as const)) {
      const labels = world.clusters.get(name)?.node(node?.nodeName ?? '')?.metadata.labels;
      expect(labels).toMatchObject({ 'airlock.dev/state': 'released' });
    }
    const keys = readKeys(String(world.cloud.outputs['ReceiptKey']));
    const catalogue = parseCatalogue(readFileSync(join(folder, 'catalogue.yaml'), 'utf8'));
    for (const node of nodes) {
      const signed = world
        .timelineOf(node)
        .flatMap((event) => (event['detail-type'] === 'Receipt Signed' ? [event.detail.signed] : []));
      expect(signed).toHaveLength(1);
      const uids = [...world.clusters.values()].map((one) => one.node(node.nodeName)?.metadata.uid);
      const { checks } = checkReceipt(JSON.stringify(signed[0]), {
        keys,
        catalogue,
        now: world.clock.now(),
        subject: { instanceId: node.instanceId, nodeUid: uids.find((uid) => uid !== undefined) },
      });
      expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    }
  });

  it('ask a released node what runs there once that is due, by a document that changes nothing', async () => {
    const mirror = await startMirror();
    const machines: SimulatedMachine[] = [];
    const machine = async () => {
      const made = await SimulatedMachine.create({}, mirror);
      machines.push(made);
      return made;
    };
    const world = await startModelled(assembly, {
      clusters,
      clusterSettings: { vault: { access: 'private' } },
      machine,
    });
    onTestFinished(async () => {
      await world.stop();
      await mirror.close();
    });
    const node = await world.launch(karpenterNode('demo', gate));
    await world.settle(40 * 60_000);
    const table = world.cloud.resource('Ledger/Table/Resource').ref;
    const inventoryOf = async () =>
      (await world.services.dynamoDb.items(table)).flatMap(({ inventory }) =>
        inventory === undefined ? [] : [JSON.parse(Object(inventory).S) as unknown],
      );
    const early = await inventoryOf();
    machines[0]?.startSandbox('gvisor');
    const before = machines[0]?.effective();
    await pass(world, 64 * 60_000);

    expect(world.report(node).outcome).toBe('released');
    expect(early).toEqual([]);
    const version = '20260928.0';
    expect(await inventoryOf()).toMatchObject([{ version, sandboxes: { [version]: 1 } }]);
    expect(commandsFor(world, node)).toBe(2);
    expect(machines[0]?.effective()).toEqual(before);
    expect(machines[0]?.restarts()).toBe(1);
    const { roleArn } = settingsOf(world, 'Reconcile');
    const send = (path: string, context: Record<string, string>) =>
      world.cloud.iam.deny(
        { kind: 'role', roleArn, sessionName: 'x' },
        { action: 'ssm:SendCommand', resource: `arn:aws:${path}`, context },
      );
    const documents = (verb: string) =>
      world.cloud.resources.flatMap(({ type, ref }) =>
        type === 'AWS::SSM::Document' && ref.includes(`-${verb}-`)
          ? [`ssm:eu-central-1:123456789012:document/${ref}`]
          : [],
      );
    const instance = `ec2:eu-central-1:123456789012:instance/${node.instanceId}`;
    expect(documents('inventory').map((one) => send(one, {}))).toEqual([undefined]);
    expect(send(instance, { 'ssm:resourceTag/airlock:runtime': 'gvisor' })).toBeUndefined();
    expect(send(instance, {})).toContain('ssm:SendCommand');
    for (const verb of ['install', 'prove', 'uninstall']) {
      for (const one of documents(verb)) expect(send(one, {})).toContain('ssm:SendCommand');
    }
  }, 120_000);

  it('have receipts that only the last step of a run signs', async () => {
    const world = await deployed();
    const key = world.cloud.resource('Attestation/Key1/Resource').attributes['Arn'];
    const Message = new Uint8Array(32);
    const call = { KeyId: key, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' };
    const sign = (who: Principal, more: object = {}) => answerTo(world, who, 'kms', 'Sign', { ...call, ...more });
    const roleOf = (path: string) =>
      ({ kind: 'role', roleArn: settingsOf(world, path).roleArn, sessionName: 'x' }) as const;
    expect(await sign(roleOf('Attestation'))).toBeUndefined();
    expect(await sign(roleOf('Attestation'), { MessageType: 'RAW' })).toMatch(/not authorized/);
    const functions = ['Attestation/ReadKey', 'Admission', 'Remediation', 'Cluster-demo/Cluster'];
    for (const who of [...functions.map(roleOf), attackerWith(world, 'kms:*')]) {
      expect(await sign(who)).toMatch(/not authorized/);
    }
  });

  it("have only the private one's functions in its network, and not the one that answers CloudFormation", async () => {
    const world = await deployed();
    const placed = [...world.cloud.lambda.functions.values()]
      .filter(({ settings }) => settings.placement !== undefined)
      .map(({ settings }) => settings.name);

    expect(placed).toHaveLength(2);
    expect(placed).toContain(settingsOf(world, 'Cluster-vault/Inside').name);
    expect(placed).toContain(settingsOf(world, 'Cluster-vault/Manifests/Prepare').name);
  });

  it("give network interfaces to Lambda, and not to the function's code", async () => {
    const world = await deployed();
    const { roleArn, arn: functionArn } = settingsOf(world, 'Cluster-vault/Inside');
    const lambda: Principal = { kind: 'role', roleArn, sessionName: 'lambda' };
    for (const right of [
      'CreateNetworkInterface',
      'DeleteNetworkInterface',
      'DescribeNetworkInterfaces',
      'DescribeSubnets',
    ]) {
      const asked = { action: `ec2:${right}`, resource: '*' };
      expect(world.cloud.iam.deny(lambda, asked), right).toBeUndefined();
      expect(world.cloud.iam.deny({ ...lambda, functionArn }, asked)).toContain('with an explicit deny');
    }
    expect(world.cloud.iam.deny(lambda, { action: 'ec2:DetachNetworkInterface', resource: '*' })).toBeDefined();
  });

  it('give the function inside nothing to make its own call with', async () => {
    const world = await deployed();
    const node = await world.launch(karpenterNode('vault', gate));
    await world.settle(40 * 60_000);
    const key = { instanceId: node.instanceId, launchedAt: new Date(node.launchedAt).toISOString() };
    const attacker = new Intruder(world, ['lambda:InvokeFunction']);
    const inside = (event: object) => attacker.invoke('Cluster-vault/Inside', event);
    expect(await inside({ action: 'survey' })).toMatch(/^ValiError: /);
    expect(await inside({ action: 'release', key })).toMatch(/^ValiError: /);
    expect(await inside({ survey: { action: 'survey' }, token: 'k8s-aws-v1.none' })).toMatch(
      /^(Error|Forbidden|cluster-)/,
    );
    expect(await attacker.invoke('Cluster-vault/Cluster', { action: 'release', key })).toMatch(
      /^Error: the call is not valid at action: /,
    );

    const { roleArn } = settingsOf(world, 'Cluster-vault/Inside');
    const role: Principal = { kind: 'role', roleArn, sessionName: 'inside' };
    for (const action of ['dynamodb:GetItem', 'lambda:InvokeFunction', 'events:PutEvents', 'ssm:SendCommand'])
      expect(world.cloud.iam.deny(role, { action, resource: '*' }), action).toEqual(expect.any(String));
  });

  it('leave nothing behind in the cluster or in its security group', async () => {
    const world = await deployed();
    const { SecurityGroupId } = world.cloud.resource('Cluster-vault/Found/Default').attributes;
    const ways = () => world.cloud.core.networks.group(String(SecurityGroupId)).ingress.length;
    const before = ways();
    await world.cloud.destroy();

    expect(before).toBe(1);
    expect(ways()).toBe(0);
    for (const cluster of world.clusters.values()) expect(cluster.objects('ClusterRole')).toEqual([]);
  });
});

describe('access to a private cluster', () => {
  it.each<[string, (copy: Copy) => void, RegExp]>([
    [
      'without the rule of its security group',
      (copy) => copy.drop('AWS::EC2::SecurityGroupIngress', 'ClustervaultNetworkApiIngress'),
      /connect ETIMEDOUT .*The API of vault does not answer this function/,
    ],
    [
      'with a rule for another port',
      (copy) =>
        Object.assign(copy.resource('AWS::EC2::SecurityGroupIngress', 'ClustervaultNetworkApiIngress').Properties, {
          FromPort: 80,
          ToPort: 80,
        }),
      /connect ETIMEDOUT .*The API of vault does not answer this function/,
    ],
    [
      'without a network for the function',
      (copy) =>
        void delete copy.resource('AWS::Lambda::Function', 'ClustervaultManifestsPrepare').Properties['VpcConfig'],
      /connect ETIMEDOUT .*The API of vault does not answer this function/,
    ],
    [
      'without the right to a network interface',
      (copy) =>
        copy
          .resource('AWS::IAM::Policy', 'ClustervaultManifestsPrepareRole')
          .Properties['PolicyDocument'].Statement.splice(1, 1),
      /The provided execution role does not have permissions to call CreateNetworkInterface on EC2/,
    ],
    [
      'with the framework in its network too, from where no answer gets out',
      (copy) => {
        const [, inside] =
          copy.all('AWS::Lambda::Function').find(([id]) => id.startsWith('ClustervaultManifestsPrepare')) ?? [];
        const [, framework] =
          copy
            .all('AWS::Lambda::Function')
            .find(([id]) => id.startsWith('ClustervaultManifestsCustomResourceProvider')) ?? [];
        Object.assign(framework?.Properties ?? {}, { VpcConfig: inside?.Properties['VpcConfig'] });
        const { Statement } = copy.resource('AWS::IAM::Policy', 'ClustervaultManifestsCustomResourceProviderRole')
          .Properties['PolicyDocument'];
        Statement.push({ Effect: 'Allow', Action: 'ec2:*', Resource: '*' });
      },
      /no response was received within 900 seconds/,
    ],
  ])('%s fails, and the deployment reports it', async (_what, change, words) => {
    await expect(deployed(changed(change))).rejects.toThrow(words);
  });

  it('that has no private endpoint is refused with what to do', async () => {
    await expect(deployed(assembly, { access: 'public' })).rejects.toThrow(
      /cluster vault has \\?"private: true\\?" in airlock\.yaml but no private endpoint: remove that setting, or enable the endpoint with aws eks/,
    );
  });

  it('is by the private endpoint even if there is a public one', async () => {
    const world = await deployed(assembly, { access: 'both', publicAccessCidrs: ['198.51.100.0/24'] });

    expect(world.clusters.get('vault')?.objects('ClusterRole')).toHaveLength(1);
  });
});
