import type { Copy } from './assembly.ts';
import type { Mutation } from './mutation.ts';
import type { ScenarioName } from './scenarios.ts';

const prepared: ScenarioName = 'a cluster is prepared, and left as it was';
const prepare = (file: string, from: string | RegExp, to: string) => (copy: Copy) =>
  copy.rebundle('prepare-cluster', `lambdas/prepare-cluster/${file}`, from, to);
const grant = (file: string, from: string | RegExp, to: string) => (copy: Copy) =>
  copy.rebundle('grant-cluster-admin', `lambdas/${file}`, from, to);

/** Mistakes in what the deployment does to a cluster. */
export const clusterMutations: readonly Mutation[] = [
  {
    name: 'the preparing role is no cluster administrator',
    apply: grant(
      'adapters/access-entries.ts',
      "await whileSpreading('eks:AssociateAccessPolicy', () => client.send(policy));",
      'void policy;',
    ),
    turnsRed: prepared,
  },
  {
    name: 'the preparing role is in no group, so that no policy holds its dry runs',
    apply: grant('grant-cluster-admin/handler.ts', 'groups: [preparers]', 'groups: []'),
    turnsRed: prepared,
  },
  {
    name: 'the right of the preparing role stays after a deployment',
    apply: grant('grant-cluster-admin/grant.ts', 'await ports.revokeAccess()', 'await Promise.resolve()'),
    turnsRed: prepared,
  },
  {
    name: 'the right of an administrator is given whatever CloudFormation does',
    apply: grant('grant-cluster-admin/grant.ts', 'await checkUnderWay(request.RequestType, ports);', ''),
    turnsRed: 'a forged deletion changes nothing',
  },
  {
    name: 'a role that EKS does not know yet fails the deployment',
    apply: grant(
      'adapters/aws-errors.ts',
      "'InvalidParameterException: rincipal': ['wait'",
      "'InvalidParameterException: never': ['wait'",
    ),
    turnsRed: prepared,
  },
  {
    name: 'a policy is removed while rights stand',
    apply: prepare('remove.ts', 'bounds(object) && !bounded && !unbound', 'false'),
    turnsRed: 'a policy stays while something gives rights to the group that it bounds',
  },
  {
    name: 'the identity of nodes has no access entry',
    apply: (copy) => copy.drop('AWS::EKS::AccessEntry', 'ClusterdemoEntry'),
    turnsRed: 'two tagged launches are released',
  },
  {
    name: 'rights are given before the policies were seen to deny',
    apply: prepare('apply.ts', 'await waitForPolicies(manifests, ports);', ''),
    turnsRed: prepared,
  },
  {
    name: 'what the manifests have no longer stays',
    apply: prepare(
      'prepare.ts',
      'const leftovers = await findLeftovers(wanted, ports);',
      'const leftovers: never[] = [];',
    ),
    turnsRed: prepared,
  },
  {
    name: 'policies are removed before the rights that they bound',
    apply: prepare('remove.ts', 'of inRemovalOrder(objects)', 'of objects'),
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
    name: 'an update is taken for a creation',
    apply: prepare('handler.ts', ' : update(manifests, ports)', ' : create(manifests, ports)'),
    turnsRed: prepared,
  },
];
