/** STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and API_AssumeRole.html */

import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import type { Core } from '../core.ts';
import { AwsError, operation, type Principal, type Service } from '../gateway/service.ts';
import type { Part } from '../part.ts';

/**
 * How long a session may last, in seconds. A role that assumes a role gets an hour at most: API_AssumeRole.html, "role
 * chaining".
 */
const session = { least: 900, most: 3_600 } as const;

/** STS: who the caller is, which needs no right, and sessions of other roles. */
export function stsPart({ iam, env }: Pick<Core, 'env' | 'iam'>): Part {
  const idOf = (principal: Principal) =>
    principal.kind === 'role' ? `${iam.role(principal.roleArn).id}:${principal.sessionName}` : principal.service;
  const service: Service = {
    name: 'sts',
    operations: {
      GetCallerIdentity: operation(
        () => [],
        (_: object, { principal }) => ({
          Account: env.account,
          Arn: iam.callerArn(principal),
          UserId: idOf(principal),
        }),
      ),
      AssumeRole: operation(
        // The role's trust policy decides, and it may leave the decision to the caller's own policies.
        () => [],
        (input: Partial<AssumeRoleCommandInput>, { principal, now }) => {
          const { RoleArn = '', RoleSessionName = '', DurationSeconds = session.most } = input;
          if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName)) throw invalid('roleSessionName', RoleSessionName);
          if (DurationSeconds < session.least) throw invalid('durationSeconds', String(DurationSeconds));
          if (DurationSeconds > session.most) {
            const words =
              'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining';
            throw new AwsError('ValidationError', words, 400);
          }
          const assumed = iam.assumeRole(principal, RoleArn, RoleSessionName);
          const expiresAt = Math.floor(now / 1_000 + DurationSeconds) * 1_000;
          const { accessKeyId, secretAccessKey, sessionToken } = iam.issue(assumed, expiresAt);
          return {
            Credentials: {
              AccessKeyId: accessKeyId,
              SecretAccessKey: secretAccessKey,
              SessionToken: sessionToken,
              Expiration: new Date(expiresAt),
            },
            AssumedRoleUser: { Arn: iam.callerArn(assumed), AssumedRoleId: idOf(assumed) },
          };
        },
      ),
    },
  };
  return { services: [service] };
}

function invalid(member: string, value: string): AwsError {
  const words = `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint`;
  return new AwsError('ValidationError', words, 400);
}
