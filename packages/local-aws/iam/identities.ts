import type { Authorization, Principal } from '../gateway/service.ts';
import type { Credentials } from './credentials.ts';
import type { Policy } from './policy.ts';

/** A role with all that decides over it. */
export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly id: string;
  readonly trust: Policy;
  readonly policies: Map<string, Policy>;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; long ago unless told. */
  readonly createdAt?: number;
}

/** Decides over rights. */
export interface Authorizer {
  /**
   * Decides over one right.
   *
   * @returns AWS's sentence if it is denied, `undefined` if it is allowed
   */
  deny(principal: Principal, authorization: Authorization): string | undefined;
}

/** The roles of an account, what they may do, and the credentials that were issued for them. */
export interface Identities extends Authorizer {
  /** By name. */
  readonly roles: Map<string, Role>;

  /** The role of that name or ARN. Throws AwsError if there is none. */
  role(nameOrArn: string): Role;

  /** Whether a principal exists: a role may have been deleted. */
  hasRole(principal: Principal): boolean;

  /**
   * Lets a service assume a role, as Lambda, Step Functions or Scheduler does.
   *
   * @param service for instance `lambda.amazonaws.com`
   * @param sourceArn for whom the service acts: `aws:SourceArn` in the trust policy's conditions
   * @throws AwsError if the trust policy does not let it
   */
  roleSession(roleArn: string, service: string, sessionName: string, sourceArn?: string): Principal;

  /** Makes credentials for a principal; the access key id finds it again. */
  issue(principal: Principal): Credentials;

  /** Whom an access key id belongs to. */
  principalOf(accessKeyId: string): Principal | undefined;

  /** The whole credentials behind an access key id: what a service verifies a signature with. */
  credentialsOf(accessKeyId: string): Credentials | undefined;

  /** The ARN that AWS shows for a caller. */
  callerArn(principal: Principal): string;
}
