import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { logPolicies } from '../verify-aws/log-policies.ts';
import type { AccountReader } from './check-account.ts';

/** The account of the caller's AWS credentials. */
export const account: AccountReader = {
  logPolicies,
  async unreservedConcurrency() {
    const { AccountLimit } = await new LambdaClient().send(new GetAccountSettingsCommand({}));
    const limit = AccountLimit?.UnreservedConcurrentExecutions;
    if (limit === undefined) throw new Error('Lambda does not say how many functions the account can run at once');
    return limit;
  },
};
