/**
 * Objects and their parts: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and API_GetObject.html
 */
import { createHash } from 'node:crypto';
import { AwsError } from '../../gateway/service.ts';

/** One version of an object. */
interface ObjectVersion {
  readonly versionId: string | undefined;
  readonly body: Uint8Array;
  readonly etag: string;
  /** SHA-256 in base64, if the object was put with it. */
  readonly sha256: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modifiedAt: number;
}

/** What is put, after its checks. */
interface Put {
  readonly body: Uint8Array;
  readonly sha256: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly now: number;
}

/** A bucket with its objects. All versions are kept. */
export class Bucket {
  readonly name: string;
  policy: unknown;
  isVersioned = false;
  /** Whether policies that let anyone in are refused. */
  blocksPublicPolicies = false;
  readonly #objects = new Map<string, ObjectVersion[]>();

  constructor(name: string) {
    this.name = name;
  }

  get isEmpty(): boolean {
    return this.#objects.size === 0;
  }

  /** The newest version of an object. */
  find(key: string): ObjectVersion | undefined {
    return this.#objects.get(key)?.at(-1);
  }

  put(key: string, { body, sha256, metadata, now }: Put): ObjectVersion {
    const earlier = this.isVersioned ? (this.#objects.get(key) ?? []) : [];
    const versionId = this.isVersioned
      ? `v${earlier.length + 1}.${digest('sha256', body, 'hex').slice(0, 16)}`
      : undefined;
    const etag = `"${digest('md5', body, 'hex')}"`;
    const version = { versionId, body: Buffer.from(body), etag, sha256, metadata, modifiedAt: now };
    this.#objects.set(key, [...earlier, version]);
    return version;
  }
}

/** A digest of bytes. */
export function digest(algorithm: 'md5' | 'sha256', bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}

/**
 * The part of an object that a Range header asks for. S3 takes one range; it ignores a header of another form, and one
 * whose end is before its start, as https://www.rfc-editor.org/rfc/rfc9110#section-14.1.1 has it.
 *
 * @throws AwsError for a range behind the object's end
 */
export function rangeOf(body: Uint8Array, range: string | undefined): { body: Uint8Array; contentRange?: string } {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '' && last === '') return { body };
  if (first !== '' && last !== '' && Number(last) < Number(first)) return { body };
  const size = body.byteLength;
  const from = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (from >= size) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return { body: body.subarray(from, to + 1), contentRange: `bytes ${from}-${to}/${size}` };
}
