import {
  GetInstanceProfileCommand,
  GetRoleCommand,
  IAMClient,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { GetServiceSettingCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { FleetReader } from '../ports.ts';
import { unlessMissing } from './missing.ts';

const iam = new IAMClient();
const ssm = new SSMClient();

/** Source: SSM User Guide, "Default Host Management Configuration": the setting is $None as long as it is off. */
const hostSetting = '/ssm/managed-instance/default-ec2-instance-management-role';

/** What doctor reads about the roles of nodes. */
export const roles: Pick<FleetReader, 'roleOfProfile' | 'roleArn' | 'deniedActions' | 'defaultHostRole'> = {
  async roleOfProfile(InstanceProfileName) {
    const found = await unlessMissing(iam.send(new GetInstanceProfileCommand({ InstanceProfileName })), undefined);
    return found?.InstanceProfile?.Roles?.[0]?.Arn;
  },
  async roleArn(RoleName) {
    const found = await unlessMissing(iam.send(new GetRoleCommand({ RoleName })), undefined);
    return found?.Role?.Arn;
  },
  async deniedActions(PolicySourceArn, actions) {
    const asked = new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: [...actions] });
    const { EvaluationResults = [] } = await iam.send(asked);
    const allowed = EvaluationResults.filter(({ EvalDecision }) => EvalDecision === 'allowed');
    const names = new Set(allowed.map(({ EvalActionName }) => EvalActionName));
    return actions.filter((action) => !names.has(action));
  },
  async defaultHostRole() {
    const asked = new GetServiceSettingCommand({ SettingId: hostSetting });
    const found = await unlessMissing(ssm.send(asked), undefined);
    const value = found?.ServiceSetting?.SettingValue;
    return value === undefined || value === '$None' ? undefined : value;
  },
};
