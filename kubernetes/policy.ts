import type {
  V1RuleWithOperations,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1Validation,
  V1Variable,
} from '@kubernetes/client-node';
import { preparers } from '../domain/kubernetes.ts';
import { orElse, texts } from './expressions.ts';

/** One policy for Airlock's identity: the parts that differ between policies. */
export interface PolicyPlan {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * The group that the policy applies to. It also applies to dry runs of the function that prepares the cluster, and to
   * no one else.
   */
  readonly group: string;
  readonly rules: readonly V1RuleWithOperations[];
  readonly variables?: readonly V1Variable[];
  readonly validations: readonly V1Validation[];
}

/**
 * Renders a policy and its binding for the requests of one group. It fails closed: an expression that cannot be
 * evaluated denies the request. This affects only that group, because its match condition cannot fail.
 */
export function policy({
  name,
  labels,
  group,
  rules,
  variables = [],
  validations,
}: PolicyPlan): readonly [V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, labels },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { resourceRules: [...rules] },
        matchConditions: [
          {
            name: 'airlock-requests',
            expression:
              `has(request.userInfo.groups) && request.userInfo.groups.exists(g, g in ${texts([group])} || ` +
              `(g in ${texts([preparers])} && (${orElse('request.dryRun', 'false')})))`,
          },
        ],
        ...(variables.length === 0 ? {} : { variables: [...variables] }),
        validations: [...validations],
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name, labels },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}

/** A validation that a list of names is empty; the message ends with the first name. */
export function none(variable: string, message: string): V1Validation {
  return {
    expression: `size(variables.${variable}) == 0`,
    message,
    messageExpression: `'${message}: ' + variables.${variable}[0]`,
    // Without a reason the API answers 422, which a client treats as a race and retries.
    reason: 'Forbidden',
  };
}

/** A validation by an expression, with a fixed message or one from an expression. */
export function holds(expression: string, message: string, messageExpression?: string): V1Validation {
  return {
    expression,
    message,
    ...(messageExpression === undefined ? {} : { messageExpression }),
    reason: 'Forbidden',
  };
}
