import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Document, parseAllDocuments } from 'yaml';
import { poolCodes } from '../../cli/doctor/check-pool.ts';
import { runtimeClassCodes } from '../../cli/doctor/check-runtime-classes.ts';
import { examineFiles } from '../../cli/doctor/examine-files.ts';
import { exitCodeOf } from '../../cli/doctor/report.ts';
import { restrictTo } from '../../cli/doctor/select.ts';
import { cloudFormationTags } from '../../cli/doctor/templates/cloudformation.ts';
import type { Diagnosis, FindingCode } from '../../domain/findings.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { manifestsAsYaml } from '../../kubernetes/yaml.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { airlock } from './airlock.ts';

const root = join(import.meta.dirname, '..', '..');
const startupTaint = 'startup-taint.cluster-autoscaler.kubernetes.io/airlock';
const profileArn = 'arn:aws:iam::123456789012:instance-profile/nodes';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-doctor-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file. @returns its path */
function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What the examples of pools ask airlock.yaml for. */
function config(gate = 'airlock.dev/bootstrap', profiles = '["CLUSTER_*", nodes, "eks-*"]'): string {
  return written('airlock.yaml', `clusters: [{ name: CLUSTER, instanceProfiles: ${profiles} }]\ngate: ${gate}\n`);
}

function examine(paths: readonly string[], airlockYaml = config(), parameters: Record<string, string> = {}): Diagnosis {
  const { config: read, versions } = loadSettings({ config: airlockYaml });
  return examineFiles(paths, new Map(Object.entries(parameters)), { config: read, versions });
}

const codesOf = ({ findings }: Diagnosis) => findings.map(({ code }) => code);

type Change = readonly [document: number, path: readonly (string | number)[], value?: unknown];

/** An example with some fields changed, or deleted if there is no value. @returns its path */
function changed(example: string, changes: readonly Change[]): string {
  const text = readFileSync(join(root, 'examples', example), 'utf8');
  const documents = parseAllDocuments(text, { customTags: cloudFormationTags }) as Document[];
  for (const [document, path, value] of changes) {
    if (value === undefined) documents[document]?.deleteIn(path);
    else documents[document]?.setIn(path, value);
  }
  const plain = documents.map((document) => JSON.stringify(document.toJS()));
  return written('changed.yaml', plain.join('\n---\n'));
}

const userData = ['spec', 'userData'];
const template = ['Resources', 'LaunchTemplate', 'Properties', 'LaunchTemplateData'];
const groupTags = ['Resources', 'Group', 'Properties', 'Tags'];
const nodeGroup = ['Resources', 'NodeGroup', 'Properties'];

/** Each misconfiguration, made in an example that has none: what is changed, and the one finding that has to come. */
const misconfigurations: readonly (readonly [
  code: FindingCode,
  why: string,
  example: string,
  changes: readonly Change[],
])[] = [
  ['AL0001', 'no startup taint', 'karpenter/gvisor.yaml', [[1, ['spec', 'template', 'spec', 'startupTaints']]]],
  [
    'AL0001',
    'a startup taint that lets pods land',
    'karpenter/gvisor.yaml',
    [
      [
        1,
        ['spec', 'template', 'spec', 'startupTaints'],
        [{ key: 'airlock.dev/bootstrap', effect: 'PreferNoSchedule' }],
      ],
    ],
  ],
  ['AL0001', 'no taint of the group', 'managed-node-group/template.yaml', [[0, [...nodeGroup, 'Taints']]]],
  [
    'AL0002',
    'user data without taints',
    'karpenter/gvisor.yaml',
    [[0, userData, '#!/bin/bash\n# airlock.dev/bootstrap\ntrue\n']],
  ],
  [
    'AL0002',
    'user data with another taint',
    'auto-scaling-group/template.yaml',
    [
      [
        0,
        [...template, 'UserData'],
        "bootstrap.sh --kubelet-extra-args '--register-with-taints=other=:NoSchedule --node-labels=airlock.dev/runtime=gvisor'",
      ],
    ],
  ],
  ['AL0004', 'no label', 'karpenter/gvisor.yaml', [[1, ['spec', 'template', 'metadata', 'labels']]]],
  [
    'AL0004',
    'the label of another runtime',
    'karpenter/gvisor.yaml',
    [[1, ['spec', 'template', 'metadata', 'labels', 'airlock.dev/runtime'], 'kata']],
  ],
  ['AL0004', 'no label of the group', 'managed-node-group/template.yaml', [[0, [...nodeGroup, 'Labels']]]],
  ['AL0004', 'no label in the tags for an empty group', 'auto-scaling-group/template.yaml', [[0, [...groupTags, 3]]]],
  [
    'AL0004',
    'a kubelet without the label',
    'auto-scaling-group/template.yaml',
    [[0, [...template, 'UserData'], `--register-with-taints=${startupTaint}=:NoSchedule`]],
  ],
  ['AL0005', 'no tag', 'karpenter/gvisor.yaml', [[0, ['spec', 'tags']]]],
  ['AL0005', 'no tag of instances', 'managed-node-group/template.yaml', [[0, [...template, 'TagSpecifications']]]],
  [
    'AL0005',
    'a tag of volumes only',
    'managed-node-group/template.yaml',
    [[0, [...template, 'TagSpecifications', 0, 'ResourceType'], 'volume']],
  ],
  [
    'AL0006',
    'a tag that stays with the group',
    'auto-scaling-group/template.yaml',
    [[0, [...groupTags, 0, 'PropagateAtLaunch'], false]],
  ],
  [
    'AL0006',
    'a tag of the node group only',
    'managed-node-group/template.yaml',
    [
      [0, [...template, 'TagSpecifications']],
      [0, [...nodeGroup, 'Tags'], { 'airlock:runtime': 'gvisor' }],
    ],
  ],
  [
    'AL0007',
    'a version that is not there',
    'karpenter/gvisor.yaml',
    [[0, ['spec', 'tags', 'airlock:runtime'], 'gvisor@1']],
  ],
  [
    'AL0007',
    'a runtime that is not there',
    'karpenter/gvisor.yaml',
    [[0, ['spec', 'tags', 'airlock:runtime'], 'gvsior']],
  ],
  [
    'AL0008',
    'a hop limit of 2',
    'karpenter/gvisor.yaml',
    [[0, ['spec', 'metadataOptions', 'httpPutResponseHopLimit'], 2]],
  ],
  [
    'AL0008',
    'a hop limit that the image decides',
    'auto-scaling-group/template.yaml',
    [[0, [...template, 'MetadataOptions']]],
  ],
  ['AL0009', 'another profile', 'karpenter/gvisor.yaml', [[0, ['spec', 'instanceProfile'], 'others']]],
  ['AL0009', 'no profile', 'auto-scaling-group/template.yaml', [[0, [...template, 'IamInstanceProfile']]]],
  ['AL0010', 'no nested virtualization', 'karpenter/kata.yaml', [[0, ['spec', 'cpuOptions']]]],
  [
    'AL0011',
    'Kata in a managed node group',
    'managed-node-group/template.yaml',
    [
      [0, [...template, 'TagSpecifications', 0, 'Tags', 0, 'Value'], 'kata'],
      [0, [...template, 'CpuOptions'], { NestedVirtualization: 'enabled' }],
      [
        0,
        [...template, 'UserData'],
        `--register-with-taints=${startupTaint}=:NoSchedule --node-labels=airlock.dev/runtime=kata`,
      ],
      [0, [...nodeGroup, 'Labels', 'airlock.dev/runtime'], 'kata'],
    ],
  ],
];

const gateOf = (example: string) => (example.startsWith('karpenter') ? 'airlock.dev/bootstrap' : startupTaint);
const parameters = { InstanceProfileArn: profileArn };

describe('doctor --pre', () => {
  it.each([
    ...runtimes.map((runtime) => `karpenter/${runtime}.yaml`),
    'managed-node-group/template.yaml',
    'auto-scaling-group/template.yaml',
  ])('finds nothing in the example %s', (example) => {
    const diagnosis = examine([join(root, 'examples', example)], config(gateOf(example)), parameters);

    expect([diagnosis.checked.length, diagnosis.findings, diagnosis.notChecked]).toEqual([1, [], []]);
    expect(exitCodeOf(diagnosis, 'warning')).toBe(0);
  });

  it.each(misconfigurations)('finds %s and nothing else: %s (%s)', (code, _, example, changes) => {
    const diagnosis = examine([changed(example, changes)], config(gateOf(example)), parameters);

    expect([codesOf(diagnosis), diagnosis.notChecked]).toEqual([[code], []]);
    expect(diagnosis.findings[0]?.seen).not.toBe('');
  });

  it.each(['managed-node-group/template.yaml', 'auto-scaling-group/template.yaml'])(
    'finds AL0003 if the gate has a key that the Cluster Autoscaler does not know: %s',
    (example) => {
      const text = readFileSync(join(root, 'examples', example), 'utf8').replaceAll(
        startupTaint,
        'airlock.dev/bootstrap',
      );

      expect(codesOf(examine([written('other.yaml', text)], config(), parameters))).toEqual(['AL0003']);
    },
  );

  it('has a misconfiguration of each finding about pools', () => {
    expect(new Set(['AL0003', ...misconfigurations.map(([code]) => code)])).toEqual(new Set(poolCodes));
  });

  it('lets Kata have bare metal in place of nested virtualization', () => {
    const metal = [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['m7i.metal-24xl', 'c5.metal'] }];
    const path = ['spec', 'template', 'spec', 'requirements'];

    const file = changed('karpenter/kata.yaml', [
      [0, ['spec', 'cpuOptions']],
      [1, path, metal],
    ]);
    expect(codesOf(examine([file]))).toEqual([]);
    const mixed = changed('karpenter/kata.yaml', [
      [0, ['spec', 'cpuOptions']],
      [1, path, [{ ...metal[0], values: ['m7i.metal-24xl', 'm7i.large'] }]],
    ]);
    expect(codesOf(examine([mixed]))).toEqual(['AL0010']);
  });

  it('leaves pools alone that have no mark of Airlock', () => {
    const other = changed('karpenter/gvisor.yaml', [
      [0, ['spec', 'tags']],
      [0, userData, 'true'],
      [1, ['spec', 'template', 'metadata', 'labels']],
      [1, ['spec', 'template', 'spec', 'startupTaints']],
    ]);

    const { checked } = examine([other, join(root, 'examples', 'karpenter', 'kata.yaml')]);
    expect(checked).toEqual([expect.stringMatching(/^NodePool airlock-kata in /)]);
  });
});

describe('what doctor --pre cannot look at', () => {
  it.each([...poolCodes, ...runtimeClassCodes])(
    'leaves %s open, and the exit code is 3: a file cannot be read',
    (code) => {
      const good = join(root, 'examples', 'karpenter', 'kata.yaml');
      for (const bad of [join(folder, 'missing.yaml'), written('broken.yaml', 'a: [')]) {
        const diagnosis = restrictTo([code], examine([good, bad]));

        expect([diagnosis.findings, diagnosis.notChecked]).toEqual([
          [],
          [{ codes: [code], resource: bad, reason: expect.stringMatching(/^cannot be read: /) }],
        ]);
        expect(exitCodeOf(diagnosis, 'error')).toBe(3);
      }
    },
  );

  it('is what the EC2NodeClass of a NodePool would say, if no file has it', () => {
    const [, pool] = readFileSync(join(root, 'examples', 'karpenter', 'kata.yaml'), 'utf8').split('\n---\n');
    const { findings, notChecked } = examine([written('pool.yaml', pool ?? '')]);

    expect([findings, notChecked.flatMap(({ codes }) => codes)]).toEqual([
      [],
      ['AL0002', 'AL0005', 'AL0007', 'AL0008', 'AL0009', 'AL0010'],
    ]);
    expect(notChecked[0]?.reason).toMatch(/^the EC2NodeClass airlock-kata was not found in /);
  });

  it('is a parameter without a value, and --parameter gives it one', () => {
    const file = join(root, 'examples', 'auto-scaling-group', 'template.yaml');
    const reason = 'the parameter InstanceProfileArn has no value; accepted: --parameter InstanceProfileArn=VALUE';

    expect(examine([file], config(startupTaint)).notChecked).toEqual([
      { codes: ['AL0009'], resource: expect.any(String), reason },
    ]);
    const other = { InstanceProfileArn: 'arn:aws:iam::123456789012:instance-profile/others' };
    expect(codesOf(examine([file], config(startupTaint), other))).toEqual(['AL0009']);
  });

  it('is a file without a pool of Airlock', () => {
    const diagnosis = examine([join(root, 'examples', 'pods', 'untrusted-job.yaml')]);

    expect([codesOf(diagnosis), exitCodeOf(diagnosis, 'error')]).toEqual([[], 3]);
    expect(diagnosis.notChecked[0]?.reason).toMatch(
      /^no pool with the tag, the label or the gate of Airlock was found/,
    );
  });
});

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
  const files = (...versions: object[]) => [
    written('groups.json', JSON.stringify({ AutoScalingGroups: [group] })),
    written('versions.json', JSON.stringify({ LaunchTemplateVersions: versions })),
  ];

  it('is read with the version that the group launches, and the NodeConfig in its user data', () => {
    const other = version(2, false, { ...launchTemplate, MetadataOptions: { HttpPutResponseHopLimit: 2 } });

    const diagnosis = examine(files(version(1, true, launchTemplate), other), config(startupTaint));
    expect([diagnosis.findings, diagnosis.notChecked, diagnosis.checked.length]).toEqual([[], [], 1]);
    const { LaunchTemplateData } = other;
    expect(codesOf(examine(files(version(1, true, LaunchTemplateData)), config(startupTaint)))).toEqual(['AL0008']);
  });

  it('is not fine without the launch template', () => {
    const { notChecked } = examine(files(version(1, false, launchTemplate)), config(startupTaint));

    expect(notChecked[0]).toMatchObject({
      codes: ['AL0002', 'AL0004', 'AL0008', 'AL0009'],
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
    [{ overrideBootstrapCommand: '/etc/eks/bootstrap.sh CLUSTER' }, ['AL0002', 'AL0004']],
    [{ tags: { 'airlock:runtime': 'kata' }, labels: { 'airlock.dev/runtime': 'kata' } }, ['AL0011']],
  ])('with %j brings %j', (change, codes) => {
    expect(codesOf(examine([groups(change)], config(startupTaint)))).toEqual(codes);
  });
});

describe('a RuntimeClass in a file', () => {
  const pool = join(root, 'examples', 'karpenter', 'gvisor.yaml');
  const classes = (change: (text: string) => string) =>
    written('manifests.yaml', change(manifestsAsYaml(renderManifests({ runtimes: ['gvisor'] }))));

  it('is fine as Airlock renders it', () => {
    const { checked, findings } = examine([pool, classes((text) => text)]);
    expect([checked.length, findings]).toEqual([2, []]);
  });

  it('blocks scale-up by a selector that no pool declares', () => {
    const file = classes((text) =>
      text.replace('airlock.dev/runtime: gvisor', 'node-restriction.kubernetes.io/airlock-runtime: gvisor'),
    );
    expect(codesOf(examine([pool, file]))).toEqual(['AL0012']);
  });

  it('must not tolerate the gate', () => {
    const file = classes((text) =>
      text.replace('scheduling:\n', 'scheduling:\n  tolerations: [{ operator: Exists }]\n'),
    );
    expect(codesOf(examine([pool, file]))).toEqual(['AL0013']);
  });
});

describe('airlock doctor', () => {
  it('says each finding in one place with its fix, at 60 columns and without colour in a pipe', async () => {
    const file = changed('karpenter/gvisor.yaml', [[1, ['spec', 'template', 'spec', 'startupTaints']]]);
    const environment = { ...process.env, COLUMNS: '60', NO_COLOR: undefined, FORCE_COLOR: undefined };
    const { code, out, err } = await airlock(['doctor', '--pre', file, '--config', config()], environment);

    expect([code, err]).toEqual([1, '']);
    expect(out).toContain('AL0001 error\n  NodePool airlock-gvisor in');
    expect(out).toContain('startupTaints: [{ key: airlock.dev/bootstrap, effect: NoSchedule }]');
    expect(out).toMatch(/1 error, 0 warnings; looked at 1 resource\n$/);
    expect(out).not.toContain('\u001b');
    const prose = out.split('\n').filter((line) => !line.startsWith('    ') && line.trim().includes(' '));
    expect(prose.filter((line) => line.length > 60 && !line.includes(folder))).toEqual([]);
  });

  it('prints one object with --json, and the exit code follows the threshold and the selection', async () => {
    const file = changed('karpenter/gvisor.yaml', [[0, ['spec', 'metadataOptions', 'httpPutResponseHopLimit'], 2]]);
    const words = ['doctor', '--pre', file, '--config', config(), '--json'];
    const [usual, errors, skipped] = await Promise.all([
      airlock(words),
      airlock([...words, '--threshold', 'error']),
      airlock([...words, '--skip', 'AL0001,AL0008']),
    ]);

    expect([usual.code, errors.code, skipped.code]).toEqual([1, 0, 0]);
    expect(JSON.parse(usual.out)).toMatchObject({
      version: 1,
      findings: [{ code: 'AL0008', level: 'warning', seen: 'is 2' }],
    });
    expect(JSON.parse(skipped.out).findings).toEqual([]);
  });

  it.each([
    [['--pre'], "'--pre' is given without a file; accepted: "],
    [
      ['--only', 'AL9999', '--list'],
      'option \'--only\' is "AL9999"; accepted: a code of airlock doctor --list, or pools',
    ],
    [['--pre', 'x', '--parameter', 'x'], "argument 'x' is invalid. Accepted is NAME=VALUE."],
  ])('%j is refused with 2, in one line and without a stack', async (words, message) => {
    const { code, out, err } = await airlock(['doctor', ...words]);

    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('shows the stack of an error with --debug only', async () => {
    const { code, err } = await airlock(['doctor', '--only', 'x', '--debug']);
    expect([code, err]).toEqual([2, expect.stringMatching(/^UsageError: option .*\n {4}at /)]);
  });
});
