import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EC2NodeClass, type IEC2NodeClass } from '@kubernetes-models/karpenter/karpenter.k8s.aws/v1';
import { type INodePool, NodePool } from '@kubernetes-models/karpenter/karpenter.sh/v1';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { gateKindOf, poolLabel, provenLabel, readinessCondition } from '../../domain/kubernetes.ts';
import { runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { runtimeTag } from '../../domain/tags.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { loadConfig, parseConfig } from '../../lib/config/load.ts';
import { planOf } from '../../packages/lab/simulation.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import { faultsOf } from '../lib/service-spec.ts';
import { unknownFields } from './schema.ts';

const root = join(import.meta.dirname, '..', '..');
const { gate, deadlineMinutes } = loadConfig(join(root, 'airlock.yaml'));

/** CloudFormation's short forms, as far as the examples use them. */
const customTags = [
  { tag: '!Ref', resolve: (value: string) => ({ Ref: value }) },
  { tag: '!Sub', resolve: (value: string) => ({ 'Fn::Sub': value }) },
  { tag: '!GetAtt', resolve: (value: string) => ({ 'Fn::GetAtt': value.split('.') }) },
];

function read(path: string): unknown[] {
  const text = readFileSync(join(root, 'examples', path), 'utf8');
  return parseAllDocuments(text, { customTags }).map((document) => {
    expect(document.errors, path).toEqual([]);
    expect(document.warnings, path).toEqual([]);
    return document.toJS() as unknown;
  });
}

/** The value in a document at a path, for instance `spec.conditions.0`; undefined if there is none. */
function at(document: unknown, path: string): unknown {
  let found = document;
  for (const step of path.split('.')) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, step) : undefined;
  }
  return found;
}

describe.each(runtimes)('the Karpenter pool for %s', (runtime) => {
  const [nodeClass, nodePool] = read(`karpenter/${runtime}.yaml`);

  it('tags its instances, and labels its nodes as the RuntimeClass selects them', () => {
    const manifests = renderManifests({ runtimes: [runtime] });
    const runtimeClass = manifests.find(({ kind }) => kind === 'RuntimeClass');

    expect(at(nodeClass, 'spec.tags')).toEqual({ [runtimeTag]: runtime });
    expect(at(nodePool, 'spec.template.metadata.labels')).toEqual({ [poolLabel]: runtime });
    expect(runtimeClass).toMatchObject({ scheduling: { nodeSelector: at(nodePool, 'spec.template.metadata.labels') } });
  });

  it("declares the gate as a startup taint, and gives the kubelet the same taint and Karpenter's own", () => {
    expect(at(nodePool, 'spec.template.spec.startupTaints')).toEqual([{ key: gate, effect: 'NoSchedule' }]);
    expect(at(nodeClass, 'spec.userData')).toContain(
      `--register-with-taints=karpenter.sh/unregistered=:NoExecute,${gate}=:NoSchedule`,
    );
    expect(at(nodeClass, 'spec.userData')).toContain(`--node-labels=${poolLabel}=${runtime}`);
  });

  it('satisfies the schemas of Karpenter: types, required fields, forms and lists of values', () => {
    expect(() => new EC2NodeClass(nodeClass as IEC2NodeClass).validate()).not.toThrow();
    expect(() => new NodePool(nodePool as INodePool).validate()).not.toThrow();
    const wrong = { ...(nodeClass as IEC2NodeClass), spec: { ...Object(at(nodeClass, 'spec')), amiFamily: 'Ubuntu' } };
    expect(() => new EC2NodeClass(wrong).validate()).toThrow('/spec/amiFamily');
  });

  it('refers to its own node class, of the family that does not change the user data', () => {
    expect(at(nodePool, 'spec.template.spec.nodeClassRef')).toEqual({
      group: String(at(nodeClass, 'apiVersion')).replace('/v1', ''),
      kind: at(nodeClass, 'kind'),
      name: at(nodeClass, 'metadata.name'),
    });
    expect(at(nodePool, 'apiVersion')).toBe('karpenter.sh/v1');
    expect(at(nodePool, 'kind')).toBe('NodePool');
    expect(at(nodeClass, 'spec.amiFamily')).toBe('Custom');
  });

  it('sets no tag that Karpenter reserves', () => {
    const kept = /^(karpenter\.sh|karpenter\.k8s\.aws|kubernetes\.io\/cluster)\//;

    expect(Object.keys(Object(at(nodeClass, 'spec.tags'))).filter((key) => kept.test(key))).toEqual([]);
  });

  it('has nested virtualization only if the runtime needs it', () => {
    expect(at(nodeClass, 'spec.cpuOptions')).toEqual(
      runtime === 'kata' ? { nestedVirtualization: 'enabled' } : undefined,
    );
  });
});

describe.each([
  ['managed-node-group/template.yaml', 'startup-taint.cluster-autoscaler.kubernetes.io/airlock'],
  ['auto-scaling-group/template.yaml', 'startup-taint.cluster-autoscaler.kubernetes.io/airlock'],
])('%s', (path, key) => {
  const [template] = read(path);
  const userData = at(template, 'Resources.LaunchTemplate.Properties.LaunchTemplateData.UserData.Fn::Base64.Fn::Sub');

  it('is valid for CloudFormation', () => {
    expect(faultsOf(at(template, 'Resources') as Parameters<typeof faultsOf>[0])).toEqual([]);
  });

  it('refers only to what it defines', () => {
    const text = JSON.stringify(at(template, 'Resources'));
    const named = [...text.matchAll(/"Ref":"(\w+)"|"Fn::GetAtt":\["(\w+)"|\$\{(\w+)\}/g)].map(
      ([, a, b, c]) => a ?? b ?? c,
    );

    const known = ['Parameters', 'Resources'].flatMap((part) => Object.keys(Object(at(template, part))));
    expect(named.filter((name) => !known.includes(name ?? ''))).toEqual([]);
  });

  it('gives nodes the gate and the label of the pool at birth', () => {
    expect(userData).toContain(`--register-with-taints=${key}=:NoSchedule --node-labels=${poolLabel}=gvisor`);
  });
});

it('the managed node group tags instances, and shows gate and label to the autoscaler', () => {
  const [template] = read('managed-node-group/template.yaml');
  const group = 'Resources.NodeGroup.Properties';

  expect(at(template, 'Resources.LaunchTemplate.Properties.LaunchTemplateData.TagSpecifications')).toEqual([
    { ResourceType: 'instance', Tags: [{ Key: runtimeTag, Value: 'gvisor' }] },
  ]);
  expect(at(template, `${group}.Taints`)).toEqual([
    { Key: 'startup-taint.cluster-autoscaler.kubernetes.io/airlock', Effect: 'NO_SCHEDULE' },
  ]);
  expect(at(template, `${group}.Labels`)).toEqual({ [poolLabel]: 'gvisor' });
});

it("eksctl's node group has a gate that the Cluster Autoscaler knows, and its tags reach the instances and the group", () => {
  const [config] = read('eksctl/cluster.yaml');
  const group = at(config, 'managedNodeGroups.0');

  expect(at(group, 'tags')).toEqual({ [runtimeTag]: 'gvisor' });
  expect(at(group, 'labels')).toEqual({ [poolLabel]: 'gvisor' });
  expect(gateKindOf(String(at(group, 'taints.0.key')))).toBe('cluster-autoscaler');
  expect(at(group, 'propagateASGTags')).toBe(true);
});

it('the Auto Scaling group has a gate that the Cluster Autoscaler knows, and its tags reach the instances', () => {
  const [template] = read('auto-scaling-group/template.yaml');
  const tags = at(template, 'Resources.Group.Properties.Tags') as readonly { readonly Key: unknown }[];

  expect(tags).toContainEqual({ Key: runtimeTag, Value: 'gvisor', PropagateAtLaunch: true });
  const templates = tags.map(({ Key }) => String(Key)).filter((key) => key.includes('node-template/taint/'));
  expect(templates.map((key) => gateKindOf(key.split('node-template/taint/')[1] ?? ''))).toEqual([
    'cluster-autoscaler',
  ]);
});

it('the launch hook of the Auto Scaling group waits longer than a node may take, and airlock.yaml accepts its name', () => {
  const [template] = read('auto-scaling-group/template.yaml');
  const hook = at(template, 'Resources.Group.Properties.LifecycleHookSpecificationList.0');
  const name = String(at(hook, 'LifecycleHookName'));

  expect(hook).toMatchObject({ LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING', DefaultResult: 'ABANDON' });
  expect(Number(at(hook, 'HeartbeatTimeout'))).toBeGreaterThan(deadlineMinutes * 60);
  const config = parseConfig(
    `clusters: [{ name: a, instanceProfiles: [a-nodes] }]\npools: [{ name: g, launchHook: ${name} }]`,
  );
  expect(config.pools).toMatchObject([{ launchHook: name }]);
});

it('the workers of the kind cluster are born as gated nodes, and a run treats each as its own instance', () => {
  const [cluster] = read('kind/cluster.yaml');
  const workers = (at(cluster, 'nodes') as readonly unknown[]).filter((node) => at(node, 'role') === 'worker');
  const plans = workers.map((worker, index) => {
    const [patch] = parseAllDocuments(String(at(worker, 'kubeadmConfigPatches.0'))).map((document) => document.toJS());
    expect(patch).toMatchObject({ kind: 'JoinConfiguration' });
    const born = {
      metadata: { name: `worker-${index}`, labels: at(worker, 'labels') },
      spec: {
        providerID: at(patch, 'nodeRegistration.kubeletExtraArgs.provider-id'),
        taints: at(patch, 'nodeRegistration.taints'),
      },
    };
    return planOf(born as unknown as StoredObject, { cluster: 'a', gate });
  });

  expect(plans).toMatchObject([{ tags: { [runtimeTag]: 'gvisor' } }, { tags: { [runtimeTag]: 'gvisor' } }]);
  const ids = plans.map((plan) => (typeof plan === 'string' ? plan : plan.instance?.id));
  expect(new Set(ids).size).toBe(2);
});

it('the job is valid for the API, and requests a RuntimeClass and a label that Airlock provides', () => {
  const [job] = read('pods/untrusted-job.yaml');
  const spec = 'spec.template.spec';

  expect(unknownFields('V1Job', job)).toEqual([]);
  expect(at(job, `${spec}.runtimeClassName`)).toEqual(runtimeTraits.gvisor.runtimeClass);
  expect(at(job, `${spec}.nodeSelector`)).toEqual({ [provenLabel]: 'gvisor' });
  expect(at(job, spec)).not.toHaveProperty('tolerations');
});

it('GitLab Runner runs its jobs in Sysbox, in user namespaces, without privilege', () => {
  const [values] = read('gitlab-runner/values.yaml');
  const config = parseToml(String(at(values, 'runners.config')));
  const kubernetes = at(config, 'runners.0.kubernetes');
  const environment = at(config, 'runners.0.environment');

  expect(kubernetes).toMatchObject({
    runtime_class_name: runtimeTraits.sysbox.runtimeClass,
    privileged: false,
    node_selector: { [poolLabel]: 'sysbox' },
    volumes: { empty_dir: [{ mount_path: '/certs', medium: 'Memory' }] },
  });
  expect(environment).toContain('FF_USE_ADVANCED_POD_SPEC_CONFIGURATION=true');
  expect(environment).toContain('DOCKER_TLS_CERTDIR=/certs');
  const [patch] = parseAllDocuments(String(at(kubernetes, 'pod_spec.0.patch'))).map((document) => document.toJS());
  expect(patch).toEqual({ hostUsers: false });
  expect(unknownFields('V1PodSpec', patch)).toEqual([]);
});

it('the rule for node-readiness-controller watches the condition and the kind of gate for which Airlock publishes it', () => {
  const [rule] = read('node-readiness-controller/rule.yaml');

  expect(at(rule, 'spec.conditions')).toEqual([{ type: readinessCondition, requiredStatus: 'True' }]);
  expect(gateKindOf(String(at(rule, 'spec.taint.key')))).toBe('readiness');
  expect(at(rule, 'spec.taint.effect')).toBe('NoSchedule');
});

it('the manifests are valid for the API', () => {
  for (const manifest of renderManifests({ runtimes })) {
    const { kind = '' } = manifest;
    expect(unknownFields(`V1${kind}`, manifest), kind).toEqual([]);
  }
});

it('a field that the API does not know is found at any depth', () => {
  const pod = { spec: { containers: [{ name: 'a', imagePulPolicy: 'Never' }] }, spek: {} };

  expect(unknownFields('V1Pod', pod)).toEqual(['spec.containers[0].imagePulPolicy', 'spek']);
});

it('every example is tested here', () => {
  const files = readdirSync(join(root, 'examples'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.yaml'));
  const text = ['examples.test.ts', 'notifications.test.ts']
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('\n');

  expect(files.filter((name) => !text.includes(name) && !/^(event-rule|karpenter|pods)\//.test(name))).toEqual([]);
});
