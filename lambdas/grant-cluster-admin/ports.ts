import type { Time } from '../adapters/time.ts';

/** The answer of `prepare-cluster`. */
export interface Answer {
  readonly PhysicalResourceId: string;
  readonly Data: { readonly Summary: string };
}

/** The dependencies of the grant. */
export interface Ports {
  readonly cluster: string;
  /** The resource's status in CloudFormation; undefined if the stack has no such resource. */
  status(): Promise<string | undefined>;
  /** Makes the function a cluster administrator. @returns false if EKS has no cluster with this name */
  grantAccess(): Promise<boolean>;
  /** Deletes the function's access entry. Succeeds if it is already gone. */
  revokeAccess(): Promise<void>;
  /** Invokes the function. @throws Error with the failure's name and message */
  prepare(request: object): Promise<Answer>;
  readonly time: Pick<Time, 'sleep'>;
}
