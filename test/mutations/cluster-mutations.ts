import type { Copy } from './assembly.ts';
import type { Mutation } from './mutations.ts';
import type { ScenarioName } from './scenarios.ts';

const prepared: ScenarioName = 'a cluster is prepared, and left as it was';
const prepare = (file: string, from: string | RegExp, to: string) => (copy: Copy) =>
  copy.rebundle('prepare-cluster', `lambdas/prepare-cluster/${file}`, from, to);
const entry = (copy: Copy) => copy.resource('AWS::EKS::AccessEntry', 'ClusterdemoManifestsEntry').Properties;

/** Mistakes in what the deployment does to a cluster. */
export const clusterMutations: readonly Mutation[] = [
  {
    name: 'the preparing role is no cluster administrator',
    apply: (copy) => void delete entry(copy)['AccessPolicies'],
    turnsRed: prepared,
  },
  {
    name: 'the preparing role is in no group, so that no policy holds its dry runs',
    apply: (copy) => void delete entry(copy)['KubernetesGroups'],
    turnsRed: prepared,
  },
  {
    name: 'the identity of nodes has no access entry',
    apply: (copy) => copy.drop('AWS::EKS::AccessEntry', 'ClusterdemoEntry'),
    turnsRed: 'two tagged launches are released',
  },
  {
    name: 'rights are given before the policies were seen to deny',
    apply: prepare('apply.ts', 'await seePoliciesDeny(manifests, ports);', ''),
    turnsRed: prepared,
  },
  {
    name: 'what the manifests have no longer stays',
    apply: prepare('prepare.ts', 'const gone = pruned(before, wanted);', 'const gone: never[] = [];'),
    turnsRed: prepared,
  },
  {
    name: 'policies are removed before the rights that they bound',
    apply: prepare('prepare.ts', 'remove(before.toReversed(), ', 'remove(before, '),
    turnsRed: prepared,
  },
  {
    name: 'nobody looks for pods before a RuntimeClass is deleted',
    apply: prepare('remove.ts', 'isOwn(object) ? [] : await api.podsWith(object.metadata.name)', '[]'),
    turnsRed: 'a RuntimeClass that a pod uses stays',
  },
  {
    name: 'every object is taken over by force',
    apply: prepare('apply.ts', 'force: isOwn(object)', 'force: true'),
    turnsRed: 'a RuntimeClass of another installer is not overwritten',
  },
  {
    name: 'an update ignores what was before',
    apply: prepare(
      'handler.ts',
      'return update(Manifests, request.OldResourceProperties.Manifests, ports);',
      'return create(Manifests, ports);',
    ),
    turnsRed: prepared,
  },
];
