import type {
  V1LabelSelector,
  V1MatchCondition,
  V1RuleWithOperations,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1Validation,
  V1Variable,
} from '@kubernetes/client-node';
import { preparers } from '../domain/kubernetes.ts';
import { orElse, texts } from './expressions.ts';

/** One policy: the parts that differ between policies. */
export interface PolicyPlan {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * The group that the policy applies to. It also applies to dry runs of the function that prepares the cluster, and to
   * no one else. Absent: it applies to every request.
   */
  readonly group?: string;
  /** The namespaces that it applies to; absent: all. */
  readonly namespaceSelector?: V1LabelSelector;
  readonly rules: readonly V1RuleWithOperations[];
  readonly variables?: readonly V1Variable[];
  readonly validations: readonly V1Validation[];
}

/**
 * Renders a policy and its binding. It fails closed: an expression that cannot be evaluated denies the request. With a
 * group, this affects only that group, because its match condition cannot fail.
 */
export function policy({
  name,
  labels,
  group,
  namespaceSelector,
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
        matchConstraints: { resourceRules: [...rules], ...(namespaceSelector && { namespaceSelector }) },
        ...(group === undefined ? {} : { matchConditions: [requestsOf(group)] }),
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

/** The condition that a request comes from a group, or is a dry run of the function that prepares the cluster. */
function requestsOf(group: string): V1MatchCondition {
  return {
    name: 'airlock-requests',
    expression:
      `has(request.userInfo.groups) && request.userInfo.groups.exists(g, g in ${texts([group])} || ` +
      `(g in ${texts([preparers])} && (${orElse('request.dryRun', 'false')})))`,
  };
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
