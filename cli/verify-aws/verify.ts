import { styleText } from 'node:util';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { canary } from './canary.ts';
import { deployTwice } from './deploy-twice.ts';
import { compareDocuments } from './documents.ts';
import type { Finding } from './finding.ts';
import { countLogPolicies } from './log-policies.ts';
import { simulateRights } from './rights.ts';
import { testStates } from './states.ts';

/** One check: something that only a real account can show. */
interface Check {
  readonly title: string;
  run(): Promise<readonly Finding[]>;
}

/** How the canary node is launched. */
export interface VerifyOptions {
  /** A launch template whose instances bear Airlock's tag and gate; without one no node is launched. */
  readonly launchTemplate?: string;
}

/**
 * Checks in a real account what the local cloud cannot show. It deploys the stack, and launches one instance if a launch template is named.
 *
 * @returns the exit code: 0 all found good, 1 something was not, 2 refused because there are no credentials
 */
export async function verifyAws(options: VerifyOptions): Promise<number> {
  const refusal = await withoutCredentials();
  if (refusal) {
    process.stderr.write(`${refusal}\n`);
    return 2;
  }
  const checks: Check[] = [
    { title: 'CloudWatch Logs has room for a resource policy', run: countLogPolicies },
    { title: 'a second deploy changes nothing', run: deployTwice },
    { title: 'each state of the state machine runs (TestState)', run: testStates },
    { title: 'each document is the one that was deployed (DescribeDocument)', run: compareDocuments },
    { title: 'each role may do what it needs, and nothing else (SimulateCustomPolicy)', run: simulateRights },
  ];
  const { launchTemplate } = options;
  if (launchTemplate) checks.push({ title: 'a canary node is released', run: () => canary(launchTemplate) });
  else process.stdout.write('no canary node: name a launch template with --launch-template\n');

  let good = true;
  for (const { title, run } of checks) {
    process.stdout.write(`${title} …\n`);
    const findings = await run().catch((error: Error): readonly Finding[] => [{ ok: false, text: error.message }]);
    for (const { ok, text } of findings) {
      good &&= ok;
      process.stdout.write(`  ${ok ? styleText('green', 'yes') : styleText('red', 'NO ')} ${text}\n`);
    }
  }
  return good ? 0 : 1;
}

/** The sentence with which the command refuses, or undefined if there are credentials and a region. */
async function withoutCredentials(): Promise<string | undefined> {
  const accepted =
    'accepted: AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, of an account to deploy Airlock into';
  try {
    await defaultProvider()();
  } catch {
    return `verify:aws needs a real AWS account, and found no credentials; ${accepted}`;
  }
  if (process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION']) return undefined;
  return 'verify:aws found credentials but no region; accepted: AWS_REGION, for instance eu-central-1';
}
