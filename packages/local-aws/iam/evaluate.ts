import { matches } from './pattern.ts';
import type { Policy, Statement } from './policy.ts';
import { type Context, substitute } from './variables.ts';

/** A requested right. */
export interface Question {
  /** For instance `ssm:SendCommand`; compared case-insensitively. */
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/** The caller, as a resource policy or a trust policy sees it. */
export type Caller =
  | { readonly kind: 'role'; readonly account: string; readonly roleArn: string; readonly sessionArn: string }
  | { readonly kind: 'service'; readonly service: string };

/** The decision of a set of policies. */
export type Verdict = 'explicit-deny' | 'allow' | 'implicit-deny';

/**
 * The decision of identity policies: an explicit deny overrides an allow, and everything else is denied.
 * Source: IAM User Guide, "Policy evaluation logic".
 */
export function evaluateIdentity(policies: readonly Policy[], question: Question): Verdict {
  return decide(policies.flatMap(({ statements }) => statements).filter((statement) => applies(statement, question)));
}

/**
 * The decision of a resource's policy about a caller in the same account. A statement about the whole account denies,
 * but does not allow by itself: it leaves that to identity policies. Source: IAM User Guide, "AWS JSON policy elements:
 * Principal", AWS account principals.
 */
export function evaluateResource(policy: Policy, caller: Caller, question: Question): Verdict {
  return decide(
    policy.statements.filter((statement) => {
      return names(statement, caller) && applies(statement, question, { resourceOptional: true });
    }),
  );
}

/**
 * Whether a resource's policy leaves an action to the account's identity policies: a statement allows it to the
 * account.
 */
export function leavesToAccount(policy: Policy, account: string, question: Question): boolean {
  return policy.statements.some(
    (statement) =>
      statement.effect === 'Allow' &&
      statement.principals !== undefined &&
      namesAccount(statement.principals.aws, account) &&
      applies(statement, question, { resourceOptional: true }),
  );
}

function decide(statements: readonly Statement[]): Verdict {
  if (statements.some(({ effect }) => effect === 'Deny')) return 'explicit-deny';
  return statements.length > 0 ? 'allow' : 'implicit-deny';
}

function applies(statement: Statement, question: Question, { resourceOptional = false } = {}): boolean {
  const { actions, resources, conditions } = statement;
  const action = actions.patterns.some((pattern) => matches(pattern, question.action, { ignoreCase: true }));
  if (action === actions.except) return false;
  if (resources === undefined) {
    if (!resourceOptional) return false;
  } else {
    const resource = resources.patterns.some((pattern) => {
      const filled = substitute(pattern, question.context);
      return filled !== undefined && matches(filled, question.resource);
    });
    if (resource === resources.except) return false;
  }
  return conditions.every((holds) => holds(question.context));
}

function names({ principals, effect }: Statement, caller: Caller): boolean {
  if (principals === undefined) return false;
  if (principals.everyone) return true;
  if (caller.kind === 'service') return principals.services.includes(caller.service);
  const { account, roleArn, sessionArn } = caller;
  if (namesAccount(principals.aws, account) && effect === 'Deny') return true;
  return principals.aws.includes(roleArn) || principals.aws.includes(sessionArn);
}

function namesAccount(principals: readonly string[], account: string): boolean {
  return principals.some((one) => one === account || /^arn:[^:]+:iam::(\d{12}):root$/.exec(one)?.[1] === account);
}
