import { airlockNamespace, nodeEventNamespace } from '../domain/kubernetes.ts';
import { proofPodPrefix } from '../domain/proof-pod.ts';
import { orElse } from './expressions.ts';
import { holds, type PolicyPlan } from './policy.ts';

/** What Airlock's identity may ask for at all; the other two policies say how. A pod that is made gets its name looked at there. */
const allowed = [
  "variables.resource == 'nodes' && request.operation == 'UPDATE' && variables.subresource in ['', 'status']",
  `variables.resource == 'pods' && variables.within == ${JSON.stringify(airlockNamespace)} && variables.subresource == '' && ` +
    `(request.operation == 'CREATE' || (request.operation == 'DELETE' && variables.name.startsWith(${JSON.stringify(proofPodPrefix)})))`,
  `variables.resource == 'events' && request.operation == 'CREATE' && variables.within == ${JSON.stringify(nodeEventNamespace)}`,
];

/** Denies Airlock's identity every other write, so that a binding too much gives it nothing. */
export function elsewherePolicy(group: string, labels: Readonly<Record<string, string>>): PolicyPlan {
  return {
    name: 'airlock-elsewhere',
    labels,
    group,
    rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }],
    // A request leaves out what is empty. A variable may not be called by a reserved word of CEL, as namespace is one.
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
