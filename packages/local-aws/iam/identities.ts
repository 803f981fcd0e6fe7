import type { Authorization, Principal } from '../gateway/service.ts';
import type { Credentials } from './credentials.ts';
import type { Policy } from './policy.ts';

/** A role with its policies. */
export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly id: string;
  readonly trust: Policy;
  readonly policies: Map<string, Policy>;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; long ago by default. */
  readonly createdAt?: number;
}

/** Decides about rights. */
export interface Authorizer {
  /**
   * Decides about one right.
   *
   * @returns AWS's message if it is denied, `undefined` if it is allowed
   */
  deny(principal: Principal, authorization: Authorization): string | undefined;
}

/** An account's roles, their rights and the credentials issued to them. */
export interface Identities extends Authorizer {
  /** By name. */
  readonly roles: Map<string, Role>;

  /** The role with a name or ARN. Throws AwsError if there is none. */
  role(nameOrArn: string): Role;

  /** Whether a principal exists: a role may have been deleted. */
  hasRole(principal: Principal): boolean;

  /**
   * Has a service assume a role, like Lambda, Step Functions or Scheduler.
   *
   * @param service for instance `lambda.amazonaws.com`
   * @param sourceArn the resource on whose behalf the service acts: `aws:SourceArn` in the trust policy's conditions
   * @throws AwsError if the trust policy does not allow it
   */
  roleSession(roleArn: string, service: string, sessionName: string, sourceArn?: string): Principal;

  /**
   * Has a principal assume a role, as STS does.
   *
   * @throws AwsError if the role's trust policy does not allow it, or leaves it to the caller's own policies and they
   * do not
   */
  assumeRole(caller: Principal, roleArn: string, sessionName: string): Principal;

  /**
   * Issues credentials to a principal, who is found by their access key id.
   *
   * @param expiresAt milliseconds since the epoch; never by default
   */
  issue(principal: Principal, expiresAt?: number): Credentials;

  /** When an access key expires, in milliseconds since the epoch; undefined if it never does. */
  expiryOf(accessKeyId: string): number | undefined;

  /** The owner of an access key id. */
  principalOf(accessKeyId: string): Principal | undefined;

  /** The full credentials for an access key id, with which a service verifies a signature. */
  credentialsOf(accessKeyId: string): Credentials | undefined;

  /** The ARN that AWS shows for a caller. */
  callerArn(principal: Principal): string;
}
