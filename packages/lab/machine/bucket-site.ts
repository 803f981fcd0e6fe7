import type { Internet, LocalCloud } from '../../local-aws/cloud.ts';
import { answerSigned } from '../../local-aws/server.ts';

/**
 * S3 as a node without a way to the internet reaches it: the end point of a region's buckets, which verifies each
 * request's signature.
 *
 * @param cloud the cloud, once it is there
 */
export function bucketSite(cloud: () => LocalCloud | undefined, region = 'eu-central-1'): Internet {
  return {
    hosts: [`*.s3.${region}.amazonaws.com`],
    answer: async (request) => {
      const there = cloud();
      if (there === undefined) return { status: 503, headers: {}, body: new Uint8Array() };
      return answerSigned(there, request, there.core.clock.now());
    },
  };
}
