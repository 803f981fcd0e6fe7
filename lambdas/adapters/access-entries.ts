import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  EKSClient,
} from '@aws-sdk/client-eks';
import { consequenceOf, unlessDone } from './aws-errors.ts';
import { whileSpreading } from './spread.ts';

const client = new EKSClient({ maxAttempts: 6 });

/** A role in a cluster. */
export interface Principal {
  readonly cluster: string;
  readonly principalArn: string;
}

/** The access that a role gets in a cluster. */
export interface Grant extends Principal {
  /** The access policy, with cluster scope. */
  readonly policyArn: string;
  readonly groups: string[];
}

/**
 * Gives a role access to a cluster. An existing entry from an earlier call is kept. EKS rejects a role that it does not
 * know yet as an invalid principal (https://github.com/aws/eks-hybrid/pull/603), and an entry that it does not know yet
 * as not found.
 *
 * @returns false if EKS has no cluster with this name
 */
export async function grantAccess({ cluster, principalArn, policyArn, groups }: Grant): Promise<boolean> {
  const entry = { clusterName: cluster, principalArn };
  const creating = new CreateAccessEntryCommand({ ...entry, kubernetesGroups: groups, type: 'STANDARD' });
  try {
    await unlessDone('eks:CreateAccessEntry', () =>
      whileSpreading('eks:CreateAccessEntry', () => client.send(creating)),
    );
  } catch (error) {
    if (consequenceOf('eks:CreateAccessEntry', error) === 'answer') return false;
    throw error;
  }
  const policy = new AssociateAccessPolicyCommand({ ...entry, policyArn, accessScope: { type: 'cluster' } });
  await whileSpreading('eks:AssociateAccessPolicy', () => client.send(policy));
  return true;
}

/** Deletes the access entry of a role. Succeeds if the entry or the cluster is already gone. */
export async function revokeAccess({ cluster, principalArn }: Principal): Promise<void> {
  const deleting = new DeleteAccessEntryCommand({ clusterName: cluster, principalArn });
  await unlessDone('eks:DeleteAccessEntry', () => whileSpreading('eks:DeleteAccessEntry', () => client.send(deleting)));
}
