import type { ScenarioName } from '../scenarios/registry.ts';
import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

const prepared: ScenarioName = 'a cluster is prepared, and left as it was';
const prepare = (file: string, within: string, find: string, to: string) =>
  source('prepare-cluster', `lambdas/prepare-cluster/${file}`, within, find, to);
const grant = (file: string, within: string, find: string, to: string) =>
  source('grant-cluster-admin', `lambdas/${file}`, within, find, to);

/** Mistakes in what the deployment does to a cluster. */
export const clusterMutations: readonly Mutation[] = [
  {
    name: 'the preparing role is no cluster administrator',
    apply: grant(
      'adapters/access-entries.ts',
      'grantAccess',
      "await whileSpreading('eks:AssociateAccessPolicy', () => client.send($POLICY))",
      'void $POLICY',
    ),
    turnsRed: prepared,
  },
  {
    name: 'the preparing role is in no group, so that no policy denies its dry runs',
    apply: grant('grant-cluster-admin/handler.ts', 'ports', 'preparers', ''),
    turnsRed: prepared,
  },
  {
    name: 'the right of the preparing role stays after a deployment',
    apply: grant('grant-cluster-admin/grant.ts', 'grant', '$PORTS.revokeAccess', 'Promise.resolve'),
    turnsRed: prepared,
  },
  {
    name: "the administrator's right is granted whatever CloudFormation does",
    apply: grant('grant-cluster-admin/grant.ts', 'grant', 'await checkUnderWay($REQUEST.RequestType, $PORTS);', ''),
    turnsRed: 'a forged deletion changes nothing',
  },
  {
    name: 'a role that EKS does not know yet fails the deployment',
    apply: grant(
      'adapters/aws-errors.ts',
      'awsErrors',
      "'InvalidParameterException: rincipal'",
      "'InvalidParameterException: never'",
    ),
    turnsRed: prepared,
  },
  {
    name: 'a policy is removed while rights exist',
    apply: prepare('remove.ts', 'remove', 'isPolicy($OBJECT) && !$BOUNDED && !$UNBOUND', 'false'),
    turnsRed: 'a policy stays while something grants rights to the group that it restricts',
  },
  {
    name: 'the identity of nodes has no access entry',
    apply: (copy) => copy.drop('AWS::EKS::AccessEntry', 'ClusterdemoEntry'),
    turnsRed: 'two tagged launches are released',
  },
  {
    name: 'rights are given before the policies were seen to deny',
    apply: prepare('apply.ts', 'apply', 'await waitForPolicies($MANIFESTS, $PORTS);', ''),
    turnsRed: prepared,
  },
  {
    name: 'what is no longer in the manifests stays',
    apply: prepare(
      'prepare.ts',
      'update',
      'const $GONE = await findLeftovers($WANTED, $PORTS);',
      'const $GONE: never[] = [];',
    ),
    turnsRed: prepared,
  },
  {
    name: 'policies are removed before the rights that they restrict',
    apply: prepare('remove.ts', 'remove', 'inRemovalOrder($OBJECTS)', '$OBJECTS'),
    turnsRed: prepared,
  },
  {
    name: 'pods are not checked before a RuntimeClass is deleted',
    apply: prepare(
      'remove.ts',
      'removeOne',
      'isOwn($OBJECT) ? [] : await $API.listPodsWith($OBJECT.metadata.name)',
      '[]',
    ),
    turnsRed: 'a RuntimeClass that a pod uses stays',
  },
  {
    name: 'every object is taken over by force',
    apply: prepare('apply.ts', 'apply', 'isOwn($OBJECT)', 'true'),
    turnsRed: 'a RuntimeClass of another installer is not overwritten',
  },
  {
    name: 'an update is treated as a creation',
    apply: prepare('handler.ts', 'run', 'update', 'create'),
    turnsRed: prepared,
  },
];
