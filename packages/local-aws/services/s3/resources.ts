/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html and
 * aws-resource-s3-bucketpolicy.html
 */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { Environment } from '../../gateway/service.ts';
import { readPolicy } from '../../iam/policy.ts';
import type { ResourceType } from '../../template/resource.ts';
import { TemplateError } from '../../template/template-error.ts';
import { BooleanSchema, integer, propertyNames, readProperties, TagsSchema } from '../properties.ts';
import { Bucket } from './bucket.ts';

const BucketSchema = v.strictObject({
  BucketName: v.optional(
    v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'a bucket name without dots')),
  ),
  BucketEncryption: v.optional(
    v.strictObject({
      ServerSideEncryptionConfiguration: v.array(
        v.strictObject({
          ServerSideEncryptionByDefault: v.strictObject({
            SSEAlgorithm: v.literal('AES256', 'only AES256 is modelled here'),
          }),
        }),
      ),
    }),
  ),
  LifecycleConfiguration: v.optional(
    v.strictObject({
      Rules: v.array(
        v.strictObject({
          Id: v.optional(v.string()),
          Status: v.picklist(['Enabled', 'Disabled']),
          NoncurrentVersionExpiration: v.strictObject({ NoncurrentDays: integer(1, 2_147_483_647) }),
        }),
      ),
    }),
  ),
  OwnershipControls: v.optional(
    v.strictObject({
      Rules: v.array(
        v.strictObject({
          ObjectOwnership: v.literal('BucketOwnerEnforced', 'access control lists are not modelled here'),
        }),
      ),
    }),
  ),
  PublicAccessBlockConfiguration: v.optional(
    v.strictObject({
      BlockPublicAcls: v.optional(BooleanSchema, false),
      BlockPublicPolicy: v.optional(BooleanSchema, false),
      IgnorePublicAcls: v.optional(BooleanSchema, false),
      RestrictPublicBuckets: v.optional(BooleanSchema, false),
    }),
  ),
  VersioningConfiguration: v.optional(v.strictObject({ Status: v.picklist(['Enabled', 'Suspended']) })),
  Tags: v.optional(TagsSchema),
});

const BucketPolicySchema = v.strictObject({
  Bucket: v.string(),
  PolicyDocument: v.looseObject({ Statement: v.array(v.looseObject({})) }),
});

/** The resource types of S3, on its buckets by name. */
export function s3Resources(buckets: Map<string, Bucket>, env: Environment): readonly ResourceType[] {
  return [bucketType(buckets, env), policyType(buckets)];
}

function bucketType(buckets: Map<string, Bucket>, env: Environment): ResourceType {
  const read = (logicalId: string, properties: Readonly<Record<string, unknown>>) =>
    readProperties('AWS::S3::Bucket', logicalId, BucketSchema, properties);
  const apply = (bucket: Bucket, properties: ReturnType<typeof read>) => {
    bucket.isVersioned = properties.VersioningConfiguration?.Status === 'Enabled';
    bucket.blocksPublicPolicies = properties.PublicAccessBlockConfiguration?.BlockPublicPolicy === true;
  };
  return {
    type: 'AWS::S3::Bucket',
    properties: propertyNames(BucketSchema),
    create: (logicalId, properties, stack) => {
      const own = read(logicalId, properties);
      const end = randomUUID().replaceAll('-', '').slice(0, 12);
      // A generated name is cut so that its end remains.
      const name = own.BucketName ?? `${`${stack.name}-${logicalId}`.toLowerCase().slice(0, 50)}-${end}`;
      if (buckets.has(name)) throw new TemplateError(`${logicalId} (AWS::S3::Bucket): ${name} already exists`);
      const bucket = new Bucket(name);
      apply(bucket, own);
      buckets.set(name, bucket);
      const attributes = {
        Arn: `arn:${env.partition}:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${env.region}.amazonaws.com`,
      };
      return { ref: name, attributes };
    },
    update: (created, { logicalId, after }) => {
      const bucket = buckets.get(created.ref);
      if (bucket !== undefined) apply(bucket, read(logicalId, after));
      return created;
    },
    remove: ({ ref }, logicalId) => {
      if (buckets.get(ref)?.isEmpty === false) {
        throw new TemplateError(
          `${logicalId} (AWS::S3::Bucket): The bucket you tried to delete is not empty. You must delete all versions in the bucket.`,
        );
      }
      buckets.delete(ref);
    },
  };
}

function policyType(buckets: ReadonlyMap<string, Bucket>): ResourceType {
  const apply = (logicalId: string, properties: Readonly<Record<string, unknown>>) => {
    const { Bucket: name, PolicyDocument } = readProperties(
      'AWS::S3::BucketPolicy',
      logicalId,
      BucketPolicySchema,
      properties,
    );
    const bucket = buckets.get(name);
    if (bucket === undefined)
      throw new TemplateError(`${logicalId} (AWS::S3::BucketPolicy): The specified bucket does not exist`);
    readPolicy(PolicyDocument);
    if (bucket.blocksPublicPolicies && PolicyDocument.Statement.some(isPublic)) {
      throw new TemplateError(
        `${logicalId} (AWS::S3::BucketPolicy): Access Denied: public policies are blocked by the BlockPublicPolicy block public access setting`,
      );
    }
    bucket.policy = PolicyDocument;
    return { ref: name, attributes: {} };
  };
  return {
    type: 'AWS::S3::BucketPolicy',
    properties: propertyNames(BucketPolicySchema),
    create: (logicalId, properties) => apply(logicalId, properties),
    update: (_, { logicalId, after }) => apply(logicalId, after),
    remove: ({ ref }) => {
      const bucket = buckets.get(ref);
      if (bucket !== undefined) bucket.policy = undefined;
    },
  };
}

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, without the conditions
 * that narrow a statement.
 */
function isPublic({ Effect, Principal, Condition }: Readonly<Record<string, unknown>>): boolean {
  return Effect === 'Allow' && Condition === undefined && /^("\*"|\{"AWS":"\*"\})$/.test(JSON.stringify(Principal));
}
