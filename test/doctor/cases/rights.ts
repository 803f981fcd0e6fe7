import { examineFiles } from '../../../cli/doctor/examine-files.ts';
import type { FindingCode } from '../../../domain/findings.ts';
import { joinDiagnoses } from '../../../domain/findings.ts';
import { examineRoles } from '../../../lambdas/doctor/examine-roles.ts';
import type { DoctorReader } from '../../../lambdas/doctor/ports.ts';
import { changed, config, examineChanged, standard } from '../files.ts';
import { reader, refused } from '../reader.ts';
import type { FindingCase } from './case.ts';
import { poolCase } from './pools.ts';

const profile = [
  [0, ['spec', 'role']],
  [0, ['spec', 'instanceProfile'], 'nodes'],
] as const;

/** The roles of a pool, by its instance profile or by its role. */
function roles(change: Partial<DoctorReader>, own: 'profile' | 'role' = 'profile') {
  return async () => {
    const file = changed('karpenter/gvisor.yaml', own === 'profile' ? profile : []);
    const { pools } = examineFiles([file], new Map(), standard(config()));
    return joinDiagnoses(await Promise.all(examineRoles(reader(change), pools)));
  };
}

const denied = { deniedActions: async () => ['ssm:UpdateInstanceInformation'] };
const right = { 'a profile with a role that may': roles({}), 'a role that may': roles({}, 'role') };
const blind = {
  'IAM refuses': roles({ roleOfProfile: refused }),
  'IAM refuses to simulate': roles({ deniedActions: refused }, 'role'),
};

export const rightsCases = {
  AL0009: poolCase({
    'another profile': () =>
      examineChanged('karpenter/gvisor.yaml', [...profile.slice(0, 1), [0, ['spec', 'instanceProfile'], 'others']]),
    'no profile': () =>
      examineChanged('auto-scaling-group/template.yaml', [
        [0, ['Resources', 'LaunchTemplate', 'Properties', 'LaunchTemplateData', 'IamInstanceProfile']],
      ]),
  }),
  AL0026: {
    broken: {
      'a profile that is not there': roles({ roleOfProfile: async () => undefined }),
      'a role that is not there': roles({ roleArn: async () => undefined }, 'role'),
    },
    right,
    blind,
  },
  AL0027: {
    broken: { 'a role without the rights': roles(denied), 'the same in the node class': roles(denied, 'role') },
    right: {
      ...right,
      'a role without them, if SSM gives instances one': roles({
        ...denied,
        defaultHostRole: async () => 'service-role/Default',
      }),
    },
    blind: { ...blind, 'SSM refuses to say whether it gives one': roles({ ...denied, defaultHostRole: refused }) },
  },
} satisfies Partial<Record<FindingCode, FindingCase>>;
