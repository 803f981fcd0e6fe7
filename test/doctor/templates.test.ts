import { describe, expect, it } from 'vitest';
import { markedSecrets } from '../marked-secrets.ts';
import { codesOf, config, examine, startupTaint, written } from './files.ts';

describe('what the AWS command line prints', () => {
  const launchTemplate = {
    ImageId: 'ami-0123456789abcdef0',
    IamInstanceProfile: { Name: 'nodes' },
    MetadataOptions: { HttpPutResponseHopLimit: 1 },
    UserData: Buffer.from(
      `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: application/node.eks.aws\n\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    config:\n      registerWithTaints: [{ key: ${startupTaint}, effect: NoSchedule }]\n    flags: ["--node-labels=airlock.dev/runtime=gvisor"]\n--B--\n`,
    ).toString('base64'),
  };
  const group = {
    AutoScalingGroupName: 'builders',
    LaunchTemplate: { LaunchTemplateId: 'lt-0', Version: '$Default' },
    Tags: [
      { Key: 'airlock:runtime', Value: 'gvisor', PropagateAtLaunch: true },
      {
        Key: 'k8s.io/cluster-autoscaler/node-template/label/airlock.dev/runtime',
        Value: 'gvisor',
        PropagateAtLaunch: false,
      },
    ],
  };
  const version = (number: number, isDefault: boolean, data: object) => ({
    LaunchTemplateId: 'lt-0',
    VersionNumber: number,
    DefaultVersion: isDefault,
    LaunchTemplateData: data,
  });
  const image = {
    ImageId: launchTemplate.ImageId,
    Name: 'ubuntu-eks/k8s_1.34/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64',
  };
  const files = (...versions: object[]) => [
    written('images.json', JSON.stringify({ Images: [image] })),
    written('groups.json', JSON.stringify({ AutoScalingGroups: [group] })),
    written('versions.json', JSON.stringify({ LaunchTemplateVersions: versions })),
  ];

  it('is read with the version that the group launches, and the NodeConfig in its user data', () => {
    const other = version(2, false, { ...launchTemplate, MetadataOptions: { HttpPutResponseHopLimit: 2 } });

    const diagnosis = examine(files(version(1, true, launchTemplate), other), config(startupTaint));
    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.notChecked).toEqual([]);
    expect(diagnosis.checked.length).toBe(1);
    const { LaunchTemplateData } = other;
    expect(codesOf(examine(files(version(1, true, LaunchTemplateData)), config(startupTaint)))).toEqual(['AL0008']);
  });

  it.each(Object.entries(markedSecrets))('shows nothing of user data: not %s', (_what, secret) => {
    const script = `#!/bin/bash\n${secret}\nexport X='${secret}'\n/etc/eks/bootstrap.sh --kubelet-extra-args '--node-labels=airlock.dev/runtime=kata,x=${secret}'\n`;
    const nodeConfig = `apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  broken: [${secret}\n`;
    for (const text of [script, nodeConfig]) {
      const data = { ...launchTemplate, UserData: Buffer.from(text).toString('base64') };
      const diagnosis = examine(files(version(1, true, data)), config(startupTaint));
      expect(diagnosis.findings.length + diagnosis.notChecked.length).toBeGreaterThan(0);
      expect(JSON.stringify(diagnosis)).not.toContain('MARKED');
    }
  });

  it('is not fine without the name of the image', () => {
    const [, ...others] = files(version(1, true, launchTemplate));

    expect(examine(others, config(startupTaint)).notChecked).toMatchObject([
      {
        codes: ['AL0021', 'AL0022', 'AL0023'],
        reason: expect.stringContaining('aws ec2 describe-images --image-ids ami-0123456789abcdef0'),
      },
    ]);
  });

  it('has the hooks of a group, which are unknown without them', () => {
    const held = config(startupTaint, 'pools: [{ name: builders, launchHook: airlock }]');
    const hook = { AutoScalingGroupName: 'builders', LifecycleHookName: 'airlock', HeartbeatTimeout: 300 };
    const transition = { LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING', DefaultResult: 'ABANDON' };
    const hooks = written('hooks.json', JSON.stringify({ LifecycleHooks: [{ ...hook, ...transition }] }));
    const groups = files(version(1, true, launchTemplate));

    expect(codesOf(examine([...groups, hooks], held))).toEqual(['AL0029']);
    expect(examine(groups, held).notChecked).toMatchObject([{ codes: ['AL0028', 'AL0029', 'AL0030'] }]);
  });

  it('has node groups, and without a launch template they tag no instance', () => {
    const nodegroup = {
      nodegroupName: 'sandboxed',
      clusterName: 'CLUSTER',
      labels: { 'airlock.dev/runtime': 'gvisor' },
      taints: [{ key: startupTaint, effect: 'NO_SCHEDULE' }],
      tags: { 'airlock:runtime': 'gvisor' },
    };
    const file = written('nodegroup.json', JSON.stringify({ nodegroup }));

    expect(codesOf(examine([file], config(startupTaint)))).toEqual(['AL0006', 'AL0008', 'AL0021']);
  });

  it('is not fine without the launch template', () => {
    const { notChecked } = examine(files(version(1, false, launchTemplate)), config(startupTaint));

    expect(notChecked[0]).toMatchObject({
      codes: ['AL0002', 'AL0004', 'AL0008', 'AL0009', 'AL0021', 'AL0022', 'AL0023'],
      reason: expect.stringContaining(
        "aws ec2 describe-launch-template-versions --launch-template-id lt-0 --versions '$Default'",
      ),
    });
  });
});

describe("eksctl's ClusterConfig", () => {
  const groups = (change: object) =>
    written(
      'eksctl.yaml',
      JSON.stringify({
        apiVersion: 'eksctl.io/v1alpha5',
        kind: 'ClusterConfig',
        metadata: { name: 'CLUSTER' },
        managedNodeGroups: [
          {
            name: 'sandboxed',
            tags: { 'airlock:runtime': 'gvisor' },
            labels: { 'airlock.dev/runtime': 'gvisor' },
            taints: [{ key: startupTaint, effect: 'NoSchedule' }],
            disablePodIMDS: true,
            amiFamily: 'Ubuntu2404',
            ...change,
          },
        ],
      }),
    );

  it.each([
    [{}, []],
    [{ taints: [] }, ['AL0001']],
    [{ labels: {} }, ['AL0004']],
    [{ tags: {} }, ['AL0005']],
    [{ disablePodIMDS: false }, ['AL0008']],
    [{ amiFamily: undefined }, ['AL0021']],
    [{ amiFamily: 'Bottlerocket' }, ['AL0022']],
    [{ overrideBootstrapCommand: '/etc/eks/bootstrap.sh CLUSTER' }, ['AL0002', 'AL0004']],
    [{ tags: { 'airlock:runtime': 'kata' }, labels: { 'airlock.dev/runtime': 'kata' } }, ['AL0011']],
  ])('with %j brings %j', (change, codes) => {
    expect(codesOf(examine([groups(change)], config(startupTaint)))).toEqual(codes);
  });
});
