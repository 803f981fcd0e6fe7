import { SignatureV4 } from '@smithy/signature-v4';
import { architectures } from '../../domain/architectures.ts';
import type { Catalogue } from '../../domain/catalogue.ts';
import { mirrorKey, sourceParameters } from '../../domain/mirror.ts';
import { bucketSite, type Mirror, startMirror } from '../../packages/lab/releases.ts';
import { here } from '../../packages/local-aws/aws.ts';
import { RealClock } from '../../packages/local-aws/clock.ts';
import { LocalCloud } from '../../packages/local-aws/cloud.ts';
import { operatorOf } from '../../packages/local-aws/server.ts';
import { S3 } from '../../packages/local-aws/services.ts';
import { Sha256 } from '../../packages/local-aws/sha256.ts';

const name = 'airlock-mirror';
const host = `${name}.s3.${here.region}.amazonaws.com`;

/** A mirror of files in a bucket of the local cloud, whose end point verifies every signature. */
export interface ServedBucket {
  /** The end point, and nothing else: no download site is behind it. */
  readonly endpoint: Mirror;
  /** Puts other bytes under a file's key, as someone with the right to write could. */
  replace(sha256: string, body: Buffer): void;
  /** A command's parameters with the signed addresses of a version. */
  sources(version: string, lifeSeconds?: number): Promise<Record<string, readonly string[]>>;
  close(): Promise<void>;
}

/** @param build the file of a version of gVisor */
export async function serveBucket(
  catalogue: Catalogue,
  build: (version: string, architecture: string) => Buffer,
): Promise<ServedBucket> {
  let s3: S3 | undefined;
  const clock = new RealClock();
  const cloud = await LocalCloud.open({
    clock,
    parts: [
      ({ env, iam }) => {
        s3 = new S3({ env, iam });
        return { services: [s3.service] };
      },
    ],
  });
  const bucket = s3?.createBucket(name);
  const keep = (sha256: string, body: Buffer) =>
    bucket?.put(mirrorKey(sha256), { body, sha256: undefined, metadata: {}, now: clock.now() });
  const versions = catalogue.runtimes.gvisor?.versions ?? [];
  for (const { version, artifacts } of versions) {
    for (const [architecture, artifact] of Object.entries(artifacts)) {
      if (artifact !== undefined) keep(artifact.sha256, build(version, architecture));
    }
  }
  const credentials = operatorOf(cloud);
  const signer = new SignatureV4({
    service: 's3',
    region: here.region,
    sha256: Sha256,
    credentials,
    uriEscapePath: false,
  });
  const sign = async (sha256: string, expiresIn: number) => {
    const request = { method: 'GET', protocol: 'https:', hostname: host, path: `/${mirrorKey(sha256)}` };
    const { path, query = {} } = await signer.presign({ ...request, headers: { host }, query: {} }, { expiresIn });
    const pairs = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
    return `https://${host}${path}?${pairs.join('&')}`;
  };
  const endpoint = await startMirror(
    {},
    bucketSite(() => cloud),
  );
  return {
    endpoint,
    replace: keep,
    async sources(version, lifeSeconds = 600) {
      const artifacts = versions.find((one) => one.version === version)?.artifacts ?? {};
      const signed = architectures.map(async (architecture) => {
        const { sha256 } = artifacts[architecture] ?? {};
        return [sourceParameters[architecture], [sha256 === undefined ? '' : await sign(sha256, lifeSeconds)]] as const;
      });
      return Object.fromEntries(await Promise.all(signed));
    },
    async close() {
      await endpoint.close();
      await cloud.stop();
    },
  };
}
