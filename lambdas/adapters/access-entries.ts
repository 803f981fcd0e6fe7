import {
  AccessDeniedException,
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  EKSClient,
  InvalidParameterException,
  InvalidRequestException,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-eks';
import { whileSpreading } from './spread.ts';

const client = new EKSClient({ maxAttempts: 6 });

/** A role in a cluster. */
export interface Principal {
  readonly cluster: string;
  readonly principalArn: string;
}

/** What it gets there. */
export interface Grant extends Principal {
  /** The access policy, for the whole cluster. */
  readonly policyArn: string;
  readonly groups: string[];
}

/**
 * Lets a role into a cluster. An entry that an earlier call left is taken as it is. EKS refuses a role that it does not know yet as an invalid
 * principal (https://github.com/aws/eks-hybrid/pull/603), and an entry that it does not know yet as not found.
 *
 * @returns false where EKS has no cluster of the name
 */
export async function letIn({ cluster, principalArn, policyArn, groups }: Grant): Promise<boolean> {
  const entry = { clusterName: cluster, principalArn };
  try {
    await whileSpreading(
      () => client.send(new CreateAccessEntryCommand({ ...entry, kubernetesGroups: groups, type: 'STANDARD' })),
      (error) => isNew(error) || (error instanceof InvalidParameterException && /principal/i.test(error.message)),
    );
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await whileSpreading(
    () => client.send(new AssociateAccessPolicyCommand({ ...entry, policyArn, accessScope: { type: 'cluster' } })),
    (error) => isNew(error) || error instanceof ResourceNotFoundException,
  );
  return true;
}

/** Deletes the access entry of a role with all that it gives; one that is gone, or whose cluster is, is well. */
export async function letOut({ cluster, principalArn }: Principal): Promise<void> {
  const ask = () => client.send(new DeleteAccessEntryCommand({ clusterName: cluster, principalArn }));
  try {
    await whileSpreading(ask, isNew);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
}

/** Whether IAM may not have spread our own right yet, or the cluster is busy with another change. */
function isNew(error: unknown): boolean {
  return error instanceof AccessDeniedException || error instanceof InvalidRequestException;
}
