import { type ReadResult, readResult } from '../../domain/result.ts';
import { type Ended, reportOf } from '../../packages/local-aws/agent.ts';

/** Reads a script's result as Airlock does: from the 2,500 bytes that the agent keeps of both streams. */
export function readShown(ended: Ended): ReadResult {
  return readResult(reportOf('script', ended).output);
}
