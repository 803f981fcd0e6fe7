/**
 * S3, as far as whole objects go: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html,
 * API_GetObject.html, API_HeadObject.html and https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import type { GetObjectCommandInput, HeadObjectCommandInput, PutObjectCommandInput } from '@aws-sdk/client-s3';
import {
  type Authorization,
  AwsError,
  type Call,
  type Environment,
  operation,
  type Service,
} from '../../gateway/service.ts';
import type { Authorizer } from '../../iam/identities.ts';
import type { ResourceType } from '../../template/resource.ts';
import { Bucket, digest, rangeOf } from './bucket.ts';
import { s3Resources } from './resources.ts';

/** The most bytes of one PutObject; more need several parts. Source: Amazon S3 User Guide, "Uploading objects". */
const mostBytes = 5 * 1_024 ** 3;

type AskedPut = Partial<Omit<PutObjectCommandInput, 'Body'>> & { readonly Body?: Uint8Array };
type AskedGet = Partial<GetObjectCommandInput>;
type AskedHead = Partial<HeadObjectCommandInput>;

const putMembers = [
  'Bucket',
  'Key',
  'Body',
  'ContentLength',
  'ContentType',
  'ChecksumSHA256',
  'ChecksumAlgorithm',
  'Metadata',
];
const getMembers = ['Bucket', 'Key', 'Range', 'ChecksumMode'];

/** What S3 needs of the cloud around it. */
interface S3Host {
  readonly env: Environment;
  readonly iam: Authorizer;
}

/** The buckets of one account and region. */
export class S3 {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  readonly #env: Environment;
  readonly #iam: Authorizer;
  readonly #buckets = new Map<string, Bucket>();

  constructor({ env, iam }: S3Host) {
    this.#env = env;
    this.#iam = iam;
    this.resourceTypes = s3Resources(this.#buckets, env);
    this.service = {
      name: 's3',
      operations: {
        PutObject: operation(
          (input: AskedPut) => [this.#right('PutObject', input)],
          (input, { now }) => this.#put(input, now),
        ),
        GetObject: operation(
          (input: AskedGet) => [this.#right('GetObject', input)],
          (input, call) => this.#get(input, call),
        ),
        HeadObject: operation(
          (input: AskedHead) => [this.#right('GetObject', input)],
          (input, call) => {
            const { Body: _, ...head } = this.#get(input, call);
            return head;
          },
        ),
      },
    };
  }

  /** A bucket by its name. @throws AwsError if there is none */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return bucket;
  }

  /** Creates a bucket outside of any template. */
  createBucket(name: string): Bucket {
    const bucket = new Bucket(name);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #right(
    action: string,
    { Bucket: name = '', Key }: { Bucket?: string | undefined; Key?: string | undefined },
  ): Authorization {
    const resource = `arn:${this.#env.partition}:s3:::${name}${Key === undefined ? '' : `/${Key}`}`;
    const policy = this.#buckets.get(name)?.policy;
    return { action: `s3:${action}`, resource, ...(policy === undefined ? {} : { resourcePolicy: policy }) };
  }

  #put(input: AskedPut, now: number) {
    refuseOthers('PutObject', input, putMembers);
    const {
      Bucket: name = '',
      Key = '',
      Body = new Uint8Array(),
      ContentLength,
      ChecksumSHA256,
      Metadata = {},
    } = input;
    const bucket = this.bucket(name);
    if (ContentLength === undefined)
      throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
    if (ContentLength > mostBytes)
      throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400);
    if (ContentLength !== Body.byteLength) {
      throw new AwsError(
        'IncompleteBody',
        'You did not provide the number of bytes specified by the Content-Length HTTP header',
        400,
      );
    }
    if (ChecksumSHA256 !== undefined) requireChecksum(ChecksumSHA256, Body);
    const { etag, versionId } = bucket.put(Key, { body: Body, sha256: ChecksumSHA256, metadata: Metadata, now });
    return {
      ETag: etag,
      ServerSideEncryption: 'AES256' as const,
      ...(ChecksumSHA256 === undefined ? {} : { ChecksumSHA256, ChecksumType: 'FULL_OBJECT' as const }),
      ...(versionId === undefined ? {} : { VersionId: versionId }),
    };
  }

  #get(input: AskedGet, call: Call) {
    refuseOthers('GetObject', input, getMembers);
    const { Bucket: name = '', Key = '', Range, ChecksumMode } = input;
    const found = this.bucket(name).find(Key);
    if (found === undefined) throw this.#missing(name, Key, call);
    const { body, contentRange } = rangeOf(found.body, Range);
    const { sha256 } = found;
    return {
      Body: body,
      AcceptRanges: 'bytes',
      ContentLength: body.byteLength,
      ContentType: 'binary/octet-stream',
      ETag: found.etag,
      LastModified: new Date(Math.floor(found.modifiedAt / 1_000) * 1_000),
      ServerSideEncryption: 'AES256' as const,
      ...(Object.keys(found.metadata).length === 0 ? {} : { Metadata: found.metadata }),
      ...(contentRange === undefined ? {} : { ContentRange: contentRange }),
      ...(found.versionId === undefined ? {} : { VersionId: found.versionId }),
      // The checksum is that of the whole object.
      ...(ChecksumMode === 'ENABLED' && sha256 !== undefined && contentRange === undefined
        ? { ChecksumSHA256: sha256, ChecksumType: 'FULL_OBJECT' as const }
        : {}),
    };
  }

  /**
   * Only who may list a bucket learns that an object is not there. Source: API_GetObject.html and API_HeadObject.html,
   * "Permissions".
   */
  #missing(name: string, key: string, { principal }: Call): AwsError {
    if (this.#iam.deny(principal, this.#right('ListBucket', { Bucket: name })) !== undefined) {
      return new AwsError('AccessDenied', 'Access Denied', 403);
    }
    return new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });
  }
}

function requireChecksum(stated: string, body: Uint8Array): void {
  if (Buffer.from(stated, 'base64').length !== 32)
    throw new AwsError('InvalidRequest', 'Value for x-amz-checksum-sha256 header is invalid.', 400);
  if (digest('sha256', body, 'base64') !== stated)
    throw new AwsError('BadDigest', 'The SHA256 you specified did not match the calculated checksum.', 400);
}

/** A member that is not modelled must not be taken for one that had its effect. */
function refuseOthers(name: string, input: object, known: readonly string[]): void {
  const other = Object.entries(input).find(([member, value]) => value !== undefined && !known.includes(member))?.[0];
  if (other === undefined) return;
  throw new AwsError('NotImplemented', `the local cloud does not model ${other} of s3:${name}`, 501);
}
