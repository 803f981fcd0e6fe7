import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examineCluster } from '../../../cli/doctor/examine-cluster.ts';
import { checkDrift } from '../../../domain/doctor/check-drift.ts';
import type { Diagnosis, FindingCode } from '../../../domain/findings.ts';
import { readGroups } from '../../../lambdas/doctor/examine-groups.ts';
import {
  type Change,
  changedDocuments,
  config,
  examine,
  examineChanged,
  folder,
  parameters,
  root,
  standard,
  startupTaint,
  written,
} from '../files.ts';
import { reader, refused } from '../reader.ts';
import type { FindingCase } from './case.ts';

const karpenter = 'karpenter/gvisor.yaml';
const kata = 'karpenter/kata.yaml';
const group = 'auto-scaling-group/template.yaml';
const managed = 'managed-node-group/template.yaml';
const userData = ['spec', 'userData'];
const pool = ['spec', 'template', 'spec'];
const template = ['Resources', 'LaunchTemplate', 'Properties', 'LaunchTemplateData'];
const groupTags = ['Resources', 'Group', 'Properties', 'Tags'];
const hook = ['Resources', 'Group', 'Properties', 'LifecycleHookSpecificationList'];
const nodeGroup = ['Resources', 'NodeGroup', 'Properties'];
const named: Change = [0, ['Resources', 'Group', 'Properties', 'AutoScalingGroupName'], 'builders'];
const hooked = 'pools: [{ name: builders, launchHook: airlock }]';

const of =
  (example: string, ...changes: readonly Change[]) =>
  () =>
    examineChanged(example, changes);
const withHook =
  (...changes: readonly Change[]) =>
  () =>
    examineChanged(group, [named, ...changes], hooked);

/**
 * What a pool's codes have in common: the examples are right, and a file or an account that cannot be read leaves them
 * open.
 */
export function poolCase(broken: FindingCase['broken'], right: FindingCase['right'] = {}): FindingCase {
  return {
    broken,
    right: { ...examples, ...right },
    blind: {
      'a file that is not there': () => examine([join(folder, 'missing.yaml')]),
      'a file that is not YAML': () => examine([written('broken.yaml', 'a: [')]),
      'an account that refuses': async () => {
        const { pools, unread } = await readGroups(reader({ groups: refused }), standard());
        return pools.length === 0 ? unread : { checked: [], findings: [], notChecked: [] };
      },
      'a cluster that is not in the kubeconfig': noCluster,
    },
  };
}

/** A look at a cluster whose kubeconfig is missing. */
export async function noCluster(): Promise<Diagnosis> {
  const { diagnosis } = await examineCluster(join(folder, 'missing'), [], { ...standard(), manifests: [] });
  return diagnosis;
}

const examples = Object.fromEntries(
  [karpenter, kata, group, managed].map((example) => [`examples/${example}`, of(example)]),
);

function replaced(example: string, from: string, to: string): Diagnosis {
  const text = readFileSync(join(root, 'examples', example), 'utf8').replaceAll(from, to);
  return examine([written('other.yaml', text)], config(), parameters);
}

const [nodeClass, nodePool] = changedDocuments(karpenter, []);
const inFile = (object: unknown) => ({ object, source: 'pools.yaml' });
const inCluster = (object: unknown) => ({ object, source: 'demo' });
const live = [nodeClass, nodePool].map(inCluster);
const drift =
  (...changes: readonly Change[]) =>
  () =>
    checkDrift(changedDocuments(karpenter, changes).map(inFile), live);

const kataGroup: readonly Change[] = [
  [0, [...template, 'TagSpecifications', 0, 'Tags', 0, 'Value'], 'kata'],
  [0, [...template, 'CpuOptions'], { NestedVirtualization: 'enabled' }],
  [
    0,
    [...template, 'UserData'],
    `--register-with-taints=${startupTaint}=:NoSchedule --node-labels=airlock.dev/runtime=kata`,
  ],
  [0, [...nodeGroup, 'Labels', 'airlock.dev/runtime'], 'kata'],
];
const requirements = [...pool, 'requirements'];
const metal = { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['m7i.metal-24xl', 'c5.metal'] };
const mixed = { ...metal, values: ['m7i.metal-24xl', 'm8i.large'] };

export const poolCases = {
  AL0001: poolCase({
    'no startup taint': of(karpenter, [1, [...pool, 'startupTaints']]),
    'a startup taint that lets pods land': of(karpenter, [
      1,
      [...pool, 'startupTaints'],
      [{ key: 'airlock.dev/bootstrap', effect: 'PreferNoSchedule' }],
    ]),
    'no taint of the node group': of(managed, [0, [...nodeGroup, 'Taints']]),
  }),
  AL0002: poolCase({
    'user data without taints': of(karpenter, [0, userData, '#!/bin/bash\n# airlock.dev/bootstrap\ntrue\n']),
    'user data with another taint': of(group, [
      0,
      [...template, 'UserData'],
      "bootstrap.sh --kubelet-extra-args '--register-with-taints=other=:NoSchedule --node-labels=airlock.dev/runtime=gvisor'",
    ]),
  }),
  AL0003: poolCase({
    'a group whose gate the Cluster Autoscaler does not know': () =>
      replaced(group, startupTaint, 'airlock.dev/bootstrap'),
    'a node group whose gate it does not know': () => replaced(managed, startupTaint, 'airlock.dev/bootstrap'),
  }),
  AL0004: poolCase({
    'no label': of(karpenter, [1, ['spec', 'template', 'metadata', 'labels']]),
    'the label of another runtime': of(karpenter, [
      1,
      ['spec', 'template', 'metadata', 'labels', 'airlock.dev/runtime'],
      'kata',
    ]),
    'no label of the node group': of(managed, [0, [...nodeGroup, 'Labels']]),
    'no label in the tags for an empty group': of(group, [0, [...groupTags, 3]]),
    'a kubelet without the label': of(group, [
      0,
      [...template, 'UserData'],
      `--register-with-taints=${startupTaint}=:NoSchedule`,
    ]),
  }),
  AL0005: poolCase({
    'no tag': of(karpenter, [0, ['spec', 'tags']]),
    'no tag of instances': of(managed, [0, [...template, 'TagSpecifications']]),
    'a tag of volumes only': of(managed, [0, [...template, 'TagSpecifications', 0, 'ResourceType'], 'volume']),
  }),
  AL0006: poolCase({
    'a tag that stays with the group': of(group, [0, [...groupTags, 0, 'PropagateAtLaunch'], false]),
    'a tag of the node group only': of(
      managed,
      [0, [...template, 'TagSpecifications']],
      [0, [...nodeGroup, 'Tags'], { 'airlock:runtime': 'gvisor' }],
    ),
  }),
  AL0007: poolCase({
    'a version that is not there': of(karpenter, [0, ['spec', 'tags', 'airlock:runtime'], 'gvisor@1']),
    'a runtime that is not there': of(karpenter, [0, ['spec', 'tags', 'airlock:runtime'], 'gvsior']),
  }),
  AL0008: poolCase({
    'a hop limit of 2': of(karpenter, [0, ['spec', 'metadataOptions', 'httpPutResponseHopLimit'], 2]),
    'a hop limit that the image decides': of(group, [0, [...template, 'MetadataOptions']]),
  }),
  AL0010: poolCase(
    { 'no nested virtualization': of(kata, [0, ['spec', 'cpuOptions']]) },
    {
      'bare metal without it': of(kata, [0, ['spec', 'cpuOptions']], [1, requirements, [metal]]),
    },
  ),
  AL0011: poolCase(
    { 'Kata in a managed node group': of(managed, ...kataGroup) },
    {
      'Kata in one of bare metal': of(managed, ...kataGroup, [0, [...nodeGroup, 'InstanceTypes'], ['m7i.metal-24xl']]),
    },
  ),
  AL0019: poolCase(
    {
      'families without it': of(kata, [1, [...requirements, 2, 'values'], ['m7g', 't3']]),
      'types without it': of(kata, [1, requirements, [{ ...metal, values: ['t3.large'] }]]),
      'no requirement': of(kata, [1, requirements, []]),
    },
    { 'one type that has it': of(kata, [1, requirements, [mixed]]) },
  ),
  AL0020: {
    broken: {
      'another tag of the node class': drift([0, ['spec', 'tags', 'team'], 'red']),
      'other user data': drift([0, userData, 'true']),
      'another label of the pool': drift([1, ['spec', 'template', 'metadata', 'labels', 'team'], 'red']),
      'another startup taint': drift([1, [...pool, 'startupTaints'], []]),
    },
    right: {
      'no change': drift(),
      'other subnets and requirements': drift(
        [0, ['spec', 'subnetSelectorTerms'], [{ id: 'subnet-0' }]],
        [1, requirements, []],
      ),
      'a default that the API server wrote': drift([0, ['spec', 'metadataOptions', 'httpEndpoint'], 'enabled']),
      'another order of keys': () => checkDrift([inFile(JSON.parse(JSON.stringify(nodePool), (_, one) => one))], live),
      'a pool that the cluster does not have': () => checkDrift([inFile(nodePool)], []),
    },
    blind: { 'a cluster that is not in the kubeconfig': noCluster },
  },
  AL0028: {
    ...poolCase(
      {
        'no hook': withHook([0, hook]),
        'another hook': withHook([0, [...hook, 0, 'LifecycleHookName'], 'other']),
        'a hook at termination': withHook([
          0,
          [...hook, 0, 'LifecycleTransition'],
          'autoscaling:EC2_INSTANCE_TERMINATING',
        ]),
      },
      { 'the hook': withHook() },
    ),
  },
  AL0029: poolCase(
    { 'a hook of ten minutes': withHook([0, [...hook, 0, 'HeartbeatTimeout'], 600]) },
    {
      'the hook': withHook(),
      'the usual hour': withHook([0, [...hook, 0, 'HeartbeatTimeout']]),
    },
  ),
  AL0030: poolCase(
    { 'a hook that continues': withHook([0, [...hook, 0, 'DefaultResult'], 'CONTINUE']) },
    { 'the hook': withHook() },
  ),
} satisfies Partial<Record<FindingCode, FindingCase>>;

const image = (document: number, path: readonly string[], value: unknown): Change => [document, path, value];

export const imageCases = {
  AL0021: poolCase({
    'a family of Karpenter': of(
      karpenter,
      image(0, ['spec', 'amiFamily'], 'AL2023'),
      image(0, ['spec', 'amiSelectorTerms'], [{ alias: 'al2023@v20260901' }]),
    ),
    'an image of AWS': of(
      group,
      image(
        0,
        [...template, 'ImageId'],
        'resolve:ssm:/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id',
      ),
    ),
  }),
  AL0022: poolCase({
    Bottlerocket: of(karpenter, image(0, ['spec', 'amiFamily'], 'Bottlerocket')),
    Windows: of(
      group,
      image(
        0,
        [...template, 'ImageId'],
        'resolve:ssm:/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.34/image_id',
      ),
    ),
  }),
  AL0023: poolCase({
    'Sysbox on an image for an old kubelet': of(
      'karpenter/sysbox.yaml',
      image(
        0,
        ['spec', 'amiSelectorTerms'],
        [{ name: 'ubuntu-eks/k8s_1.29/images/hvm-ssd/ubuntu-noble-24.04-amd64-server-20240401' }],
      ),
    ),
  }),
} satisfies Partial<Record<FindingCode, FindingCase>>;
