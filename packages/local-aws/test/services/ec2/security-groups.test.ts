// Examples from
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../clock.ts';
import { Networks } from '../../../network/networks.ts';
import { networkPart } from '../../../services/ec2/security-groups.ts';
import { make, PermissiveAws } from '../permissive.ts';

let networks: Networks;
let aws: PermissiveAws;
beforeEach(() => {
  networks = new Networks();
  aws = new PermissiveAws(new VirtualClock(0));
});

const create = (type: string, properties: object) =>
  make(aws, networkPart({ networks }).resourceTypes ?? [], type, properties as Record<string, unknown>);
const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 };

describe('a connection', () => {
  it('into a VPC needs an egress rule of one group and an ingress rule of the other, on the port', async () => {
    const vpc = networks.addVpc('one');
    const { vpcId, securityGroupId: groupId } = vpc;
    networks.enclose('127.0.0.1:6443', { vpcId, groupId, port: 443, publicToo: false });
    const SecurityGroupEgress = [{ ...https, DestinationSecurityGroupId: groupId }];
    const { ref } = await create('AWS::EC2::SecurityGroup', {
      GroupDescription: 'ours',
      VpcId: vpcId,
      SecurityGroupEgress,
    });
    const from = { subnetIds: vpc.subnetIds, securityGroupIds: [ref] };
    const before = networks.reaches(from, '127.0.0.1:6443');
    await create('AWS::EC2::SecurityGroupIngress', { ...https, GroupId: groupId, SourceSecurityGroupId: ref });

    expect(before).toBe(false);
    expect(networks.reaches(from, '127.0.0.1:6443')).toBe(true);
    expect(networks.reaches(undefined, '127.0.0.1:6443')).toBe(false);
    expect(networks.reaches(from, '127.0.0.1:6444')).toBe(false);
    expect(networks.reaches(from, 'sts.eu-central-1.amazonaws.com:443')).toBe(false);
    expect(networks.reaches({ ...from, securityGroupIds: [groupId] }, '127.0.0.1:6443')).toBe(false);
  });

  it('from outside any VPC reaches everything public', () => {
    expect(networks.reaches(undefined, '127.0.0.1:1')).toBe(true);
  });
});

it.each<[string, string, object, RegExp]>([
  [
    'a group that lets everything out',
    'AWS::EC2::SecurityGroup',
    { SecurityGroupEgress: undefined },
    /SecurityGroupEgress/,
  ],
  [
    'a rule for addresses',
    'AWS::EC2::SecurityGroup',
    { SecurityGroupEgress: [{ ...https, CidrIp: '0.0.0.0/0' }] },
    /SecurityGroupEgress/,
  ],
  [
    'a rule to a group that is not there',
    'AWS::EC2::SecurityGroup',
    { SecurityGroupEgress: [{ ...https, DestinationSecurityGroupId: 'sg-01234567' }] },
    /The security group 'sg-01234567' does not exist/,
  ],
  [
    'a description that EC2 does not take',
    'AWS::EC2::SecurityGroup',
    { GroupDescription: "it's ours" },
    /GroupDescription/,
  ],
])('%s is refused', async (_what, type, change, words) => {
  const { vpcId } = networks.addVpc('one');
  const properties = { GroupDescription: 'ours', VpcId: vpcId, SecurityGroupEgress: [], ...change };

  await expect((async () => create(type, properties))()).rejects.toThrow(words);
});

it('groups of two VPCs cannot be combined, nor can subnets and groups', () => {
  const [one, other] = [networks.addVpc('one'), networks.addVpc('other')];
  const rule = { fromPort: 1, toPort: 2, peer: other.securityGroupId };

  expect(() => networks.allowInto(one.securityGroupId, rule)).toThrow(/belong to different networks/);
  expect(() => networks.check({ subnetIds: one.subnetIds, securityGroupIds: [other.securityGroupId] })).toThrow(
    /same VPC/,
  );
  expect(() => networks.check({ subnetIds: ['subnet-x'], securityGroupIds: [] })).toThrow(/'subnet-x' does not exist/);
});
