import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type * as v from 'valibot';
import { CouldNotLook } from '../output/errors.ts';
import type { ExitCode } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { print, styled } from '../output/text.ts';
import { canary } from './canary.ts';
import type { CheckResult } from './check-result.ts';
import { deployTwice } from './deploy-twice.ts';
import { compareDocuments } from './documents.ts';
import { countLogPolicies } from './log-policies.ts';
import { VerificationSchema, verificationExitCode } from './report.ts';
import { simulateRights } from './rights.ts';
import { testStates } from './states.ts';

/** One check that only a real account allows. */
interface Check {
  readonly title: string;
  run(): Promise<readonly CheckResult[]>;
}

/** How the canary node is launched. */
export interface VerifyOptions {
  /** A launch template whose instances bear Airlock's tag and gate; without one no node is launched. */
  readonly launchTemplate?: string;
  readonly json: boolean;
}

/**
 * Checks in a real account what the local cloud cannot show. It deploys the stack, and launches one instance if you
 * name a launch template.
 *
 * @throws CouldNotLook if there are no credentials or no region
 */
export async function verifyAws({ launchTemplate, json }: VerifyOptions): Promise<ExitCode> {
  const refusal = await withoutCredentials();
  if (refusal !== undefined) throw new CouldNotLook(refusal);
  const checks: Check[] = [
    { title: 'CloudWatch Logs has room for a resource policy', run: countLogPolicies },
    { title: 'a second deployment changes nothing', run: deployTwice },
    { title: 'each state of the state machine runs (TestState)', run: testStates },
    { title: 'each document is the one that was deployed (DescribeDocument)', run: compareDocuments },
    { title: 'each role is allowed what it needs, and nothing else (SimulateCustomPolicy)', run: simulateRights },
  ];
  const say = (line: string) => (json ? undefined : print(line));
  if (launchTemplate) checks.push({ title: 'a canary node is released', run: () => canary(launchTemplate) });
  else say('no canary node: name a launch template with --launch-template');

  const done: v.InferInput<typeof VerificationSchema>['checks'] = [];
  for (const { title, run } of checks) {
    say(`${title} …`);
    const results = await run().catch((error: Error) => error.message);
    if (typeof results === 'string') {
      done.push({ title, results: [], notChecked: results });
      say(`  ${styled('yellow', 'could not look')} ${results}`);
      continue;
    }
    done.push({ title, results: [...results] });
    for (const { ok, text } of results) say(`  ${ok ? styled('green', 'yes') : styled('red', 'NO ')} ${text}`);
  }
  if (json) printJson(VerificationSchema, { version: 1, checks: done });
  return verificationExitCode(done);
}

/** Why the command cannot run; undefined if there are credentials and a region. */
async function withoutCredentials(): Promise<string | undefined> {
  const accepted =
    'accepted: AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for an account to deploy Airlock into';
  try {
    await defaultProvider()();
  } catch {
    return `verify:aws needs a real AWS account but found no credentials; ${accepted}`;
  }
  if (process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION']) return undefined;
  return 'verify:aws found credentials but no region; accepted: AWS_REGION, for instance eu-central-1';
}
