// Examples from https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html and
// https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
import { beforeEach, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { here } from '../../gateway/service.ts';
import { Eks } from '../../services/eks.ts';
import { make, PermissiveAws, someone } from './permissive.ts';

const PrincipalArn = 'arn:aws:iam::123456789012:role/cluster';
let aws: PermissiveAws;
let eks: Eks;

beforeEach(() => {
  const clock = new VirtualClock(0);
  aws = new PermissiveAws(clock);
  eks = new Eks({ clock, env: here });
  eks.register('prod', { endpoint: 'https://127.0.0.1:6443', certificateAuthority: 'Q0E=' });
  aws.add(eks.service);
});

const entry = (properties: object) =>
  make(aws, eks.resourceTypes, 'AWS::EKS::AccessEntry', { ClusterName: 'prod', PrincipalArn, ...properties });

it('a cluster is described with its endpoint and its certificate authority', async () => {
  await expect(aws.call(someone, 'eks', 'DescribeCluster', { name: 'prod' })).resolves.toMatchObject({
    cluster: {
      status: 'ACTIVE',
      endpoint: 'https://127.0.0.1:6443',
      certificateAuthority: { data: 'Q0E=' },
      accessConfig: { authenticationMode: 'API' },
    },
  });
});

it('an unregistered cluster is not found', async () => {
  await expect(aws.call(someone, 'eks', 'DescribeCluster', { name: 'other' })).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    message: 'No cluster found for name: other.',
  });
});

it('an access entry maps a role to groups, once per cluster', async () => {
  await entry({ KubernetesGroups: ['acme:gatekeepers'], Type: 'STANDARD' });
  expect(eks.entry('prod', PrincipalArn)).toEqual({
    clusterName: 'prod',
    principalArn: PrincipalArn,
    username: 'arn:aws:sts::123456789012:assumed-role/cluster/{{SessionName}}',
    groups: ['acme:gatekeepers'],
    policies: [],
  });
  expect(eks.entries()).toHaveLength(1);
  expect(eks.entry('prod', `${PrincipalArn}2`)).toBeUndefined();
  await expect(entry({})).rejects.toMatchObject({ code: 'ResourceInUseException' });
});

const policy = (name: string, Type: string) => ({
  AccessPolicies: [{ PolicyArn: `arn:aws:eks::aws:cluster-access-policy/${name}`, AccessScope: { Type } }],
});

it('an access policy is associated with the entry, and watchers receive both ends of it', async () => {
  const watched: unknown[] = [];
  eks.watchEntries(({ policies }, gone) => watched.push([policies, gone]));
  const made = await entry(policy('AmazonEKSClusterAdminPolicy', 'cluster'));
  const [type] = eks.resourceTypes;
  await type?.remove?.(made, 'Entry', {} as never, {});

  expect(watched).toEqual([
    [['AmazonEKSClusterAdminPolicy'], false],
    [['AmazonEKSClusterAdminPolicy'], true],
  ]);
  expect(eks.entry('prod', PrincipalArn)).toBeUndefined();
});

it('a cluster whose authentication mode is CONFIG_MAP accepts no entry', async () => {
  eks.register('old', {
    endpoint: 'https://127.0.0.1:1',
    certificateAuthority: 'Q0E=',
    authenticationMode: 'CONFIG_MAP',
  });
  await expect(entry({ ClusterName: 'old' })).rejects.toThrow(
    /authentication mode must be set to one of \[API, API_AND_CONFIG_MAP\]/,
  );
});

it.each([
  ['a reserved group', { KubernetesGroups: ['system:masters'] }, /may not begin with system:/],
  ['a session in place of a role', { PrincipalArn: 'arn:aws:sts::123456789012:assumed-role/a/b' }, /not of a session/],
  ['a lesser access policy', policy('AmazonEKSAdminPolicy', 'cluster'), /only AmazonEKSClusterAdminPolicy is modelled/],
  [
    'an access policy for a namespace',
    policy('AmazonEKSClusterAdminPolicy', 'namespace'),
    /only the scope cluster is modelled/,
  ],
  ['an unknown cluster', { ClusterName: 'other' }, /No cluster found/],
])('an access entry with %s is refused', async (_name, properties, message) => {
  await expect(entry(properties)).rejects.toThrow(message);
});

it('an entry created by the API grants nothing until a policy is associated, and its deletion revokes everything', async () => {
  const watched: unknown[] = [];
  eks.watchEntries(({ groups, policies }, gone) => watched.push([groups, policies, gone]));
  const entryOf = { clusterName: 'prod', principalArn: PrincipalArn };
  const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
  const call = (operation: string, more: object = {}) => aws.call(someone, 'eks', operation, { ...entryOf, ...more });
  await expect(call('AssociateAccessPolicy', { policyArn, accessScope: { type: 'cluster' } })).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
  });
  await call('CreateAccessEntry', { kubernetesGroups: ['a'], type: 'STANDARD' });
  await expect(call('CreateAccessEntry')).rejects.toMatchObject({ code: 'ResourceInUseException' });
  await call('AssociateAccessPolicy', { policyArn, accessScope: { type: 'cluster' } });
  await call('DeleteAccessEntry');

  expect(watched).toEqual([
    [['a'], [], false],
    [['a'], ['AmazonEKSClusterAdminPolicy'], false],
    [['a'], ['AmazonEKSClusterAdminPolicy'], true],
  ]);
  await expect(call('DeleteAccessEntry')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

it('a role created seconds ago is not a principal yet, and a missing one never is', async () => {
  const clock = new VirtualClock(0);
  const roles: Record<string, number> = { [PrincipalArn]: 0 };
  const young = new Eks({ clock, env: here, roleMadeAt: (arn) => roles[arn], spreadMs: 5_000 });
  young.register('prod', { endpoint: 'https://127.0.0.1:6443', certificateAuthority: 'Q0E=' });
  const account = new PermissiveAws(clock);
  account.add(young.service);
  const make = (principalArn: string) =>
    account.call(someone, 'eks', 'CreateAccessEntry', { clusterName: 'prod', principalArn });
  const refused = {
    code: 'InvalidParameterException',
    message: 'The specified principalArn is invalid: invalid principal.',
  };
  await expect(make(PrincipalArn)).rejects.toMatchObject(refused);
  await clock.run(() => false, 5_000);
  await expect(make(PrincipalArn)).resolves.toBeDefined();
  await expect(make(`${PrincipalArn}2`)).rejects.toMatchObject(refused);
});
