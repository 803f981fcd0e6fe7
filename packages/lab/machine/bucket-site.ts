import type { Internet, LocalCloud } from '../../local-aws/cloud.ts';
import { answerSigned } from '../../local-aws/server.ts';

/**
 * S3 as a node without a way to the internet reaches it: the end point of a region's buckets, which verifies each request's signature.
 *
 * @param cloud the cloud, once it is there
 */
export function bucketSite(cloud: () => LocalCloud, region = 'eu-central-1'): Internet {
  return {
    hosts: [`*.s3.${region}.amazonaws.com`],
    answer: (request) => answerSigned(cloud(), request, cloud().core.clock.now()),
  };
}
