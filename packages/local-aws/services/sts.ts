/** STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */

import type { Core } from '../core.ts';
import { operation, type Service } from '../gateway/service.ts';
import type { Part } from '../part.ts';

/** STS: who the caller is. It needs no right. */
export function stsPart({ iam, env }: Pick<Core, 'env' | 'iam'>): Part {
  const service: Service = {
    name: 'sts',
    operations: {
      GetCallerIdentity: operation(
        () => [],
        (_: object, { principal }) => {
          const userId =
            principal.kind === 'role'
              ? `${iam.role(principal.roleArn).id}:${principal.sessionName}`
              : principal.service;
          return { Account: env.account, Arn: iam.callerArn(principal), UserId: userId };
        },
      ),
    },
  };
  return { services: [service] };
}
