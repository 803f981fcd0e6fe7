import { airlockNamespace, sandboxedLabel } from '../domain/kubernetes.ts';
import { type Runtime, runtimeTraits } from '../domain/runtimes.ts';
import { orElse, texts } from './expressions.ts';
import { holds, type PolicyPlan } from './policy.ts';

/** Namespaces whose pods run the cluster itself. Without them nothing runs, so a label there changes nothing. */
const systemNamespaces = ['kube-system', 'kube-node-lease', 'kube-public', airlockNamespace];

/**
 * Takes only pods with a RuntimeClass of Airlock in namespaces with a label, whatever its value. It fails closed: a pod
 * without one would run under runc. An ephemeral container runs in its pod's sandbox. A pod that was there before the
 * label can still be changed, so that its finalizers can go.
 */
export function sandboxedPolicy(runtimes: readonly Runtime[], labels: Readonly<Record<string, string>>): PolicyPlan {
  const names = runtimes.map((runtime) => runtimeTraits[runtime].runtimeClass);
  const needs = `pods of this namespace need the runtimeClassName ${names.join(' or ')}, because of its label ${sandboxedLabel}`;
  return {
    name: 'airlock-sandboxed',
    labels,
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] }],
    namespaceSelector: {
      matchExpressions: [
        { key: sandboxedLabel, operator: 'Exists' },
        { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: systemNamespaces },
      ],
    },
    variables: [
      { name: 'class', expression: orElse('object.spec.runtimeClassName', "''") },
      {
        name: 'before',
        expression: "oldObject != null && has(oldObject.spec.runtimeClassName) ? oldObject.spec.runtimeClassName : ''",
      },
    ],
    validations: [
      holds(
        `variables.class in ${texts(names)} || (request.operation == 'UPDATE' && variables.class == variables.before)`,
        needs,
        `variables.class == '' ? ${JSON.stringify(`${needs}; the pod has none`)} : ${JSON.stringify(`${needs}; the pod has `)} + variables.class`,
      ),
    ],
  };
}

/**
 * Keeps the RuntimeClasses of Airlock from naming another handler, runc for instance: a policy about pods sees only
 * their names.
 */
export function runtimeClassPolicy(runtimes: readonly Runtime[], labels: Readonly<Record<string, string>>): PolicyPlan {
  return {
    name: 'airlock-runtime-classes',
    labels,
    rules: [
      {
        apiGroups: ['node.k8s.io'],
        apiVersions: ['v1'],
        operations: ['CREATE', 'UPDATE'],
        resources: ['runtimeclasses'],
      },
    ],
    validations: runtimes.map((runtime) => {
      const { runtimeClass, handlers } = runtimeTraits[runtime];
      return holds(
        `object.metadata.name != ${JSON.stringify(runtimeClass)} || object.handler in ${texts(handlers)}`,
        `the RuntimeClass ${runtimeClass} needs the handler ${handlers.join(' or ')}, because namespaces rely on it`,
      );
    }),
  };
}
