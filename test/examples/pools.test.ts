import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, inject, it } from 'vitest';
import { examineFiles } from '../../cli/doctor/examine-files.ts';
import { gateFor, type PoolKind, poolKinds, snippetOf } from '../../cli/init/snippets.ts';
import type { Diagnosis } from '../../domain/findings.ts';
import { type Runtime, runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { commentedConfig } from '../../lib/config/commented.ts';
import { standardOf } from '../../lib/config/doctor-standard.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { type Block, readTerraform } from './hcl.ts';

const cluster = 'demo';
const values = {
  cluster,
  region: 'eu-central-1',
  endpoint: 'https://ABC.eks.amazonaws.com',
  certificateAuthority: 'LS0tLS1CRUdJTiBDQQ==',
  kubernetes: '1.35',
};
const image = 'resolve:ssm:/aws/service/canonical/ubuntu/eks/24.04/1.35/stable/current/amd64/hvm/ebs-gp3/ami-id';
const parameters = new Map([
  ['InstanceProfileArn', 'arn:aws:iam::123456789012:instance-profile/demo-nodes'],
  ['ImageId', image],
]);

/** What doctor --pre finds in a pool's declaration, with the airlock.yaml that init writes for it. */
function examine(kind: PoolKind, runtime: Runtime, file: string, text: string): Diagnosis {
  const folder = mkdtempSync(join(inject('scratch'), 'pools-'));
  const [pool, config] = [join(folder, file), join(folder, 'airlock.yaml')];
  writeFileSync(pool, text);
  const instanceProfiles = [`${cluster}_*`, 'eks-*', 'demo-nodes'];
  const clusters = [{ name: cluster, instanceProfiles, private: false }];
  writeFileSync(config, commentedConfig({ clusters, runtimes: [runtime], gate: gateFor([kind]) }));
  return examineFiles([pool], parameters, standardOf(loadSettings({ config }))).diagnosis;
}

/** The template that the CDK makes of an example. */
async function synthesized(text: string): Promise<string> {
  // Beside the tests, so that its imports are found.
  const folder = mkdtempSync(join(import.meta.dirname, 'cdk-'));
  try {
    const file = join(folder, 'node-group.ts');
    writeFileSync(file, text);
    const { SandboxedNodeGroup } = (await import(file)) as typeof import('../../examples/cdk/node-group.ts');
    const app = new App({ outdir: join(folder, 'cdk.out') });
    const { endpoint, certificateAuthority } = values;
    new SandboxedNodeGroup(new Stack(app, 'Pools'), 'Pool', {
      ...{
        clusterName: cluster,
        endpoint,
        certificateAuthority,
        imageId: image,
        subnets: ['subnet-01234567'],
      },
      nodeRoleArn: 'arn:aws:iam::123456789012:role/nodes',
    });
    return JSON.stringify(app.synth().getStackByName('Pools').template);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the AWS command line would print for the launch template and the node group of a Terraform example. */
function described(text: string): string {
  const { blocks } = readTerraform(text);
  const resource = (type: string) => blocks.find((one) => one.type === 'resource' && one.labels[0] === type);
  const [template, group] = [resource('aws_launch_template'), resource('aws_eks_node_group')];
  const inner = (block: Block | undefined, type: string) => block?.blocks.find((one) => one.type === type)?.attributes;
  const tags = Object(inner(template, 'tag_specifications')?.['tags']);
  const data = {
    ImageId: JSON.stringify(template?.attributes['image_id']),
    InstanceType: template?.attributes['instance_type'],
    MetadataOptions: {
      HttpTokens: inner(template, 'metadata_options')?.['http_tokens'],
      HttpPutResponseHopLimit: inner(template, 'metadata_options')?.['http_put_response_hop_limit'],
    },
    TagSpecifications: [
      {
        ResourceType: inner(template, 'tag_specifications')?.['resource_type'],
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      },
    ],
    UserData: template?.attributes['user_data'],
  };
  const launchTemplate = { id: 'lt-1', version: '1' };
  expect(inner(group, 'launch_template')?.['id']).toEqual({ expression: 'aws_launch_template.sandboxed.id' });
  const taint = inner(group, 'taint');
  const nodegroup = {
    nodegroupName: group?.attributes['node_group_name'],
    clusterName: cluster,
    labels: group?.attributes['labels'],
    taints: [{ key: taint?.['key'], effect: taint?.['effect'] }],
    launchTemplate,
  };
  return JSON.stringify({
    nodegroup,
    LaunchTemplateVersions: [{ LaunchTemplateId: 'lt-1', VersionNumber: 1, LaunchTemplateData: data }],
  });
}

/** A declaration in a form that doctor reads. */
async function readable(kind: PoolKind, text: string): Promise<string> {
  if (kind === 'cdk') return synthesized(text);
  return kind === 'terraform' ? described(text) : text;
}

describe.each(poolKinds)('the snippet for %s', (kind) => {
  it.each(runtimes)('passes doctor --pre for %s', async (runtime) => {
    const { text, file } = snippetOf(kind, runtime, { ...values, gate: gateFor([kind]) });
    const diagnosis = examine(kind, runtime, file.replace(/\.(ts|tf)$/, '.json'), await readable(kind, text));

    expect(diagnosis.checked.length).toBe(1);
    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.notChecked).toEqual([]);
  });

  it('names what is still to be replaced, and the version of Kubernetes and the runtime of the pool', () => {
    const full = snippetOf(kind, 'kata', { ...values, gate: 'a/b' });
    const bare = snippetOf(kind, 'kata', { cluster, gate: 'a/b' });

    expect(full.placeholders).toEqual(kind === 'karpenter' ? ['NODE_ROLE'] : []);
    const open = { karpenter: ['ENDPOINT', 'CA', 'NODE_ROLE'], eksctl: ['REGION'] } as Partial<
      Record<PoolKind, string[]>
    >;
    expect(bare.placeholders).toEqual(open[kind] ?? []);
    expect(full.text).not.toMatch(/k8s_1\.34|gvisor|gVisor|airlock\.dev\/bootstrap|startup-taint|CLUSTER\b/);
    expect(full.text).toContain(runtimeTraits.kata.title);
  });
});

it('a mistake in a Terraform snippet is found', () => {
  const { text } = snippetOf('terraform', 'gvisor', { ...values, gate: gateFor(['terraform']) });
  const wrong = text.replace('http_put_response_hop_limit = 1', 'http_put_response_hop_limit = 2');
  const { findings } = examine('terraform', 'gvisor', 'pool.json', described(wrong));

  expect(findings.map(({ code }) => code)).toEqual(['AL0008']);
});
