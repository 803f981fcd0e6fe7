import { airlockNamespace, nodeEventNamespace } from '../domain/kubernetes.ts';
import { proofPodPrefix } from '../domain/proof-pod.ts';
import { orElse } from './expressions.ts';
import { holds, type PolicyPlan } from './policy.ts';

/**
 * The requests that Airlock's identity may make at all. The other policies check them in detail, such as the name of a
 * created pod.
 */
const allowed = [
  "variables.resource == 'nodes' && request.operation == 'UPDATE' && variables.subresource in ['', 'status']",
  `variables.resource == 'pods' && variables.within == ${JSON.stringify(airlockNamespace)} && variables.subresource == '' && ` +
    `(request.operation == 'CREATE' || (request.operation == 'DELETE' && variables.name.startsWith(${JSON.stringify(proofPodPrefix)})))`,
  `variables.resource == 'events' && request.operation == 'CREATE' && variables.within == ${JSON.stringify(nodeEventNamespace)}`,
];

/**
 * Denies Airlock's identity every other write, so that an extra binding gives it nothing. Two kinds of objects are
 * beyond any policy: the policies themselves, and reviews of tokens and access, which change nothing.
 */
export function elsewherePolicy(group: string, labels: Readonly<Record<string, string>>): PolicyPlan {
  return {
    name: 'airlock-elsewhere',
    labels,
    group,
    rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }],
    // A request omits empty fields. A variable cannot have the name of a reserved word in CEL, such as namespace.
    variables: [
      { name: 'resource', expression: 'request.resource.resource' },
      { name: 'subresource', expression: orElse('request.subResource', "''") },
      { name: 'within', expression: orElse('request.namespace', "''") },
      { name: 'name', expression: orElse('request.name', "''") },
      {
        name: 'what',
        expression:
          "request.operation + ' ' + variables.resource + (variables.subresource == '' ? '' : '/') + variables.subresource + " +
          "(variables.name == '' ? '' : ' ') + variables.name",
      },
    ],
    validations: [
      {
        ...holds(
          `request.resource.group == '' && (${allowed.map((one) => `(${one})`).join(' || ')})`,
          'airlock may not do this',
        ),
        messageExpression: "'airlock may not ' + variables.what",
      },
    ],
  };
}
