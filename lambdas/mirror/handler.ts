import * as v from 'valibot';
import { mirrorKey } from '../../domain/mirror.ts';
import { storeArtifact, storedChecksum } from '../adapters/artifact-store.ts';
import { openDownload } from '../adapters/download.ts';
import { variable } from '../adapters/environment.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { keepFile } from './keep-file.ts';

const bucket = variable('MIRROR_BUCKET');

/** The request of the CDK's provider framework, about one file. */
const RequestSchema = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResourceProperties: v.object({
    Name: v.string(),
    Url: v.pipe(v.string(), v.url(), v.startsWith('https://')),
    Sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    /** CloudFormation converts numbers to strings. */
    Size: v.optional(v.pipe(v.string(), v.regex(/^[1-9][0-9]*$/), v.transform(Number))),
  }),
});

/** The answer to it. */
interface Answer {
  readonly PhysicalResourceId: string;
}

/**
 * Keeps one pinned file in the mirror when the stack is deployed. A file that is no longer configured stays: a node may
 * be about to read it.
 *
 * @throws Error that names the file, its address, what is expected and what was seen
 */
export async function handler(event: unknown): Promise<Answer> {
  const { RequestType, ResourceProperties } = v.parse(RequestSchema, event);
  const { Name: name, Url: url, Sha256: sha256, Size: size } = ResourceProperties;
  const answer = { PhysicalResourceId: mirrorKey(sha256) };
  if (RequestType === 'Delete') return answer;
  try {
    const done = await keepFile(
      { name, url, sha256, size },
      {
        storedChecksum: (key) => storedChecksum(bucket, key),
        open: openDownload,
        store: (upload) => storeArtifact({ bucket, ...upload }),
        time: systemTime,
      },
    );
    logger.info('the file is in the mirror', { name, url, sha256, done });
    return answer;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    logger.error('a file is not in the mirror', error);
    // The framework puts the stack trace into the reason that people read, and CloudFormation limits it to 4,096 bytes.
    error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}
