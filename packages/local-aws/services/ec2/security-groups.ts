/**
 * Security groups, as far as groups are on both sides of a rule:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
 */
import * as v from 'valibot';
import type { Core } from '../../core.ts';
import type { Part } from '../../part.ts';
import type { ResourceType } from '../../template/resource.ts';
import { integer, propertyNames, readProperties, TagsSchema } from '../properties.ts';

const ports = {
  IpProtocol: v.literal('tcp', 'only tcp is modelled here'),
  FromPort: integer(1, 65_535),
  ToPort: integer(1, 65_535),
};
/** Letters, digits, spaces and `._-:/()#,@[]+=&;{}!$*`, as EC2 takes a description. */
const DescriptionSchema = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/));
const groupId = v.pipe(v.string(), v.regex(/^sg-[0-9a-f]{8,17}$/, 'must be the id of a security group'));

const GroupSchema = v.strictObject({
  GroupDescription: DescriptionSchema,
  // Without a rule EC2 lets everything out; that is not modelled, for nothing here should have it.
  SecurityGroupEgress: v.array(
    v.strictObject({ ...ports, DestinationSecurityGroupId: groupId, Description: v.optional(DescriptionSchema) }),
  ),
  Tags: v.optional(TagsSchema),
  VpcId: v.pipe(v.string(), v.regex(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC')),
});

const IngressSchema = v.strictObject({
  ...ports,
  Description: v.optional(DescriptionSchema),
  GroupId: groupId,
  SourceSecurityGroupId: groupId,
});

/** `AWS::EC2::SecurityGroup` and `AWS::EC2::SecurityGroupIngress`. */
export function networkPart({ networks }: Pick<Core, 'networks'>): Part {
  const group: ResourceType = {
    type: 'AWS::EC2::SecurityGroup',
    properties: propertyNames(GroupSchema),
    create(logicalId, properties, stack) {
      const { VpcId, SecurityGroupEgress } = readProperties(this.type, logicalId, GroupSchema, properties);
      const egress = SecurityGroupEgress.map(({ FromPort, ToPort, DestinationSecurityGroupId: peer }) => {
        networks.group(peer);
        return { fromPort: FromPort, toPort: ToPort, peer };
      });
      const id = networks.addGroup(`${stack.name}/${logicalId}`, VpcId, egress);
      return { ref: id, attributes: { GroupId: id, Id: id, VpcId } };
    },
    remove: ({ ref }) => networks.removeGroup(ref),
  };
  const takenBack = new Map<string, () => void>();
  const ingress: ResourceType = {
    type: 'AWS::EC2::SecurityGroupIngress',
    properties: propertyNames(IngressSchema),
    create(logicalId, properties, stack) {
      const read = readProperties(this.type, logicalId, IngressSchema, properties);
      const rule = { fromPort: read.FromPort, toPort: read.ToPort, peer: read.SourceSecurityGroupId };
      const ref = `sgr-${stack.name}-${logicalId}`;
      takenBack.set(ref, networks.allowInto(read.GroupId, rule));
      return { ref, attributes: { Id: ref } };
    },
    remove: ({ ref }) => takenBack.get(ref)?.(),
  };
  return { resourceTypes: [group, ingress] };
}
