import type { Time } from '../adapters/time.ts';

/** What `prepare-cluster` answers. */
export interface Answer {
  readonly PhysicalResourceId: string;
  readonly Data: { readonly Summary: string };
}

/** What the grant needs of the world. */
export interface Ports {
  readonly cluster: string;
  /** The status that our resource has in CloudFormation; undefined if the stack has no such resource. */
  status(): Promise<string | undefined>;
  /** Makes the function a cluster administrator. @returns false if EKS has no cluster of the name */
  letIn(): Promise<boolean>;
  /** Takes the whole access entry of the function away; one that is gone is well. */
  letOut(): Promise<void>;
  /** Has the function do its work. @throws Error with the name and the words of its own failure */
  prepare(request: object): Promise<Answer>;
  readonly time: Pick<Time, 'sleep'>;
}
