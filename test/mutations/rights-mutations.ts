import type { ScenarioName } from '../scenarios/registry.ts';
import type { Mutation } from './mutation.ts';

const iam = 'AWS::IAM::Policy';

const released: ScenarioName = 'two tagged launches are released';

/** Mistakes in functions' rights and in what they are given. */
export const rightsMutations: readonly Mutation[] = [
  {
    name: 'policy statement dropped: SendCommand to instances',
    apply: (copy) => {
      const { Statement } = copy.resource(iam, 'DispatchRole').Properties['PolicyDocument'];
      Statement.splice(
        Statement.findIndex(({ Condition }: { Condition?: object }) =>
          JSON.stringify(Condition)?.includes('resourceTag'),
        ),
        1,
      );
    },
    turnsRed: released,
  },
  {
    name: 'tag condition renamed',
    apply: (copy) => {
      const { Statement } = copy.resource(iam, 'DispatchRole').Properties['PolicyDocument'];
      for (const one of Statement)
        if (one.Condition?.StringLike) one.Condition = { StringLike: { 'ssm:resourceTag/airlock-runtime': '*' } };
    },
    turnsRed: released,
  },
  {
    name: 'tag condition dropped',
    apply: (copy) => {
      const { Statement } = copy.resource(iam, 'DispatchRole').Properties['PolicyDocument'];
      for (const one of Statement) if (one.Condition?.StringLike) delete one.Condition;
    },
    turnsRed: 'a batch goes on without a node that is gone and one that lost its tag',
  },
  {
    name: 'tag condition renamed: TerminateInstances',
    apply: (copy) => {
      const { Statement } = copy.resource(iam, 'RemediationRole').Properties['PolicyDocument'];
      for (const one of Statement)
        if (one.Condition?.StringLike?.['ec2:ResourceTag/airlock:runtime'])
          one.Condition = { StringLike: { 'ec2:ResourceTag/airlock-runtime': '*' } };
    },
    turnsRed: 'a node that failed is replaced if its pool says so',
  },
  {
    name: 'access entry for another group',
    apply: (copy) => {
      copy.resource('AWS::EKS::AccessEntry', 'ClusterdemoEntry').Properties['KubernetesGroups'] = ['airlock:keepers'];
    },
    turnsRed: released,
  },
  {
    name: 'environment variable missing',
    apply: (copy) => {
      delete copy.resource('AWS::Lambda::Function', 'ResultsFunction').Properties['Environment'].Variables.LEDGER_TABLE;
    },
    turnsRed: released,
  },
];
