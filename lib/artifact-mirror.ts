import { CustomResource, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { mirrorPrefix, readerSessionSeconds } from '../domain/mirror.ts';
import { describeFile, listMirroredFiles, type MirroredFile } from '../domain/mirrored-files.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Settings } from './config/settings.ts';
import { CustomResourceProvider } from './custom-resource-provider.ts';
import { type MirrorRight, mirrorRights } from './mirror-rights.ts';

/** What the mirror needs. */
export interface ArtifactMirrorProps {
  /** The files that nodes may request. */
  readonly files: readonly MirroredFile[];
  readonly logRetention: RetentionDays;
}

/**
 * The runtimes' files in a bucket of this account, for nodes without a way to the internet. The deployment fails unless
 * each has its pinned checksum. Nothing in the stack may delete one, so the bucket stays when the stack goes.
 */
export class ArtifactMirror extends Construct {
  readonly #bucket: Bucket;
  readonly #files: readonly CustomResource[];

  constructor(scope: Construct, id: string, { files, logRetention }: ArtifactMirrorProps) {
    super(scope, id);
    this.#bucket = new Bucket(this, 'Bucket', {
      // A key of KMS would have to be open to all readers, and what is inside is public.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.#bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Its files are public, and CloudTrail has the data events of accounts that record them',
    });
    const mirror = new AirlockFunction(this, 'Fill', {
      name: 'mirror',
      description: "Keeps the runtimes' pinned files in the mirror while the stack is deployed",
      timeout: Duration.minutes(15),
      memoryMiB: 512,
      logRetention,
      environment: { MIRROR_BUCKET: this.#bucket.bucketName },
    });
    this.#grant(mirror.role, mirrorRights.fill);
    const provider = new CustomResourceProvider(this, 'CustomResourceProvider', { function: mirror, logRetention });
    this.#files = files.map((file) => {
      const { runtime, version, architecture, url, sha256, size } = file;
      return new CustomResource(this, `${runtime}-${version}-${architecture}`, {
        resourceType: 'Custom::AirlockArtifact',
        serviceToken: provider.serviceToken,
        serviceTimeout: Duration.minutes(15),
        properties: {
          Name: describeFile(file),
          Url: url,
          Sha256: sha256,
          ...(size === undefined ? {} : { Size: size }),
        },
      });
    });
    // One after the other: a new account runs ten functions at once.
    for (const [index, file] of this.#files.entries()) {
      const before = this.#files[index - 1];
      if (before !== undefined) file.node.addDependency(before);
    }
  }

  /**
   * Lets a function sign addresses of the files. It does so with a session of a separate role, whose end it knows.
   *
   * @returns the function's setting `MIRROR`
   */
  grantSign({ role, function: signing }: AirlockFunction): string {
    const reader = new Role(this, 'Reader', {
      assumedBy: new ArnPrincipal(role.roleArn),
      description: 'Reads the files of the mirror; its sessions sign the addresses that nodes get',
      maxSessionDuration: Duration.seconds(readerSessionSeconds),
    });
    this.#grant(reader, mirrorRights.reader);
    this.#grant(role, mirrorRights.dispatch, reader);
    // What it sends is in the mirror before it sends it.
    signing.node.addDependency(...this.#files);
    return JSON.stringify({ host: this.#bucket.bucketRegionalDomainName, reader: reader.roleArn });
  }

  #grant(role: Role, rights: readonly MirrorRight[], reader = role): void {
    const files = this.#bucket.arnForObjects(`${mirrorPrefix}*`);
    const arns = { files, bucket: this.#bucket.bucketArn, reader: reader.roleArn };
    for (const { actions, on } of rights)
      role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [arns[on]] }));
    if (rights.every(({ on }) => on !== 'files')) return;
    const bucket = this.#bucket.stack.getLogicalId(this.#bucket.node.defaultChild as never);
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/${mirrorPrefix}*]`,
      reason: 'The keys are checksums, and each is one of the pinned files',
    });
  }
}

/** Adds the mirror if `airlock.yaml` asks for it. */
export function addMirror(scope: Construct, { config, catalogue, versions }: Settings): ArtifactMirror | undefined {
  if (config.artifacts !== 'mirror') return undefined;
  const files = listMirroredFiles(catalogue, versions);
  return new ArtifactMirror(scope, 'Mirror', { files, logRetention: config.logRetentionDays });
}
