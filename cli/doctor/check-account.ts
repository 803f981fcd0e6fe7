import type { Diagnosis } from '../../domain/findings.ts';
import { CouldNotLook } from '../output/errors.ts';
import { judgeLogPolicies } from '../verify-aws/log-policies.ts';
import { look } from './examine-cluster.ts';

/** What is read of an account. Each call may throw what the SDK throws. */
export interface AccountReader {
  /** The names of CloudWatch Logs' resource policies in the region, and of Airlock's own if it is deployed. */
  logPolicies(): Promise<{ readonly names: readonly string[]; readonly own: string | undefined }>;
  /** How many functions the account can run at once, besides its reservations. */
  unreservedConcurrency(): Promise<number>;
}

/** How many batches Lambda hands to a queue's function at once: `maxConcurrency` of its event source mapping. */
const batchesPerQueue = 2;
/** The queues that are not a cluster's: admission, dispatch, results and terminations. */
const commonQueues = 4;
/** The functions that Step Functions and the schedule call: remediation, cancellation and reconcile, each for several launches. */
const otherFunctions = 10;

/** How many functions Airlock runs at once when many nodes launch. */
export function neededConcurrency(clusters: number): number {
  return batchesPerQueue * (commonQueues + clusters) + otherFunctions;
}

/**
 * Looks at the account and region.
 *
 * @param clusters how many clusters `airlock.yaml` names
 */
export async function examineAccount(account: AccountReader, clusters: number): Promise<readonly Diagnosis[]> {
  return Promise.all([
    look(['AL0017'], 'CloudWatch Logs', async () => {
      const { names, own } = await account.logPolicies().catch(notAnswered);
      const { ok, text } = judgeLogPolicies(names, own);
      const finding = { code: 'AL0017', resource: 'CloudWatch Logs', field: 'resource policies', seen: text } as const;
      return { checked: ['CloudWatch Logs'], findings: ok ? [] : [finding], notChecked: [] };
    }),
    look(['AL0018'], 'Lambda', async () => {
      const seen = await account.unreservedConcurrency().catch(notAnswered);
      const needed = neededConcurrency(clusters);
      const field = 'UnreservedConcurrentExecutions';
      const finding = {
        code: 'AL0018',
        resource: 'Lambda',
        field,
        seen: `is ${seen}; Airlock uses ${needed}`,
      } as const;
      return { checked: ['Lambda'], findings: seen < needed ? [finding] : [], notChecked: [] };
    }),
  ]);
}

function notAnswered(cause: Error): never {
  throw new CouldNotLook(cause.message, { cause });
}
