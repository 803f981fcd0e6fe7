import type { Clock } from '../clock.ts';
import { type Authorization, AwsError, type Environment, type Principal } from '../gateway/service.ts';
import { CredentialStore, type Credentials } from './credentials.ts';
import { type Caller, evaluateIdentity, evaluateResource, leavesToAccount, type Question } from './evaluate.ts';
import type { Identities, Role } from './identities.ts';
import { readPolicy } from './policy.ts';
import type { Context } from './variables.ts';

/** The local cloud's roles, and the decision about each call. IAM's propagation delay of seconds is not modelled. */
export class Iam implements Identities {
  readonly roles = new Map<string, Role>();
  readonly #env: Environment;
  readonly #clock: Clock;
  readonly #credentials = new CredentialStore();

  constructor(env: Environment, clock: Clock) {
    this.#env = env;
    this.#clock = clock;
  }

  role(nameOrArn: string): Role {
    const name = nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
    const role = this.roles.get(name);
    if (role === undefined) throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
    return role;
  }

  hasRole(principal: Principal): boolean {
    return principal.kind !== 'role' || this.roles.has(principal.roleArn.slice(principal.roleArn.lastIndexOf('/') + 1));
  }

  roleSession(roleArn: string, service: string, sessionName: string, sourceArn?: string): Principal {
    const role = this.role(roleArn);
    const principal: Principal = { kind: 'service', service, sourceArn: sourceArn ?? '' };
    const question = this.#question(principal, { action: 'sts:AssumeRole', resource: role.arn });
    if (evaluateResource(role.trust, { kind: 'service', service }, question) !== 'allow') {
      throw new AwsError(
        'AccessDeniedException',
        `The service ${service} is not authorized to assume the role ${role.arn}`,
        403,
      );
    }
    return { kind: 'role', roleArn: role.arn, sessionName };
  }

  assumeRole(caller: Principal, roleArn: string, sessionName: string): Principal {
    const known = this.hasRole({ kind: 'role', roleArn, sessionName });
    const authorization = { action: 'sts:AssumeRole', resource: roleArn };
    const role = known ? this.role(roleArn) : undefined;
    const question = this.#question(caller, authorization);
    const byTrust = role && evaluateResource(role.trust, this.#caller(caller), question);
    const isLeft = role !== undefined && leavesToAccount(role.trust, this.#env.account, question);
    if (role === undefined || byTrust === 'explicit-deny' || (byTrust !== 'allow' && !isLeft)) {
      throw new AwsError('AccessDenied', this.#sentence(caller, authorization), 403);
    }
    // A trust policy that names the caller is enough within an account; one that names the account leaves it to the
    // caller's policies.
    const denial = byTrust === 'allow' ? undefined : this.deny(caller, authorization);
    if (denial !== undefined) throw new AwsError('AccessDenied', denial, 403);
    return { kind: 'role', roleArn: role.arn, sessionName };
  }

  issue(principal: Principal, expiresAt?: number): Credentials {
    return this.#credentials.issue(principal, expiresAt);
  }

  expiryOf(accessKeyId: string): number | undefined {
    return this.#credentials.expiry(accessKeyId);
  }

  principalOf(accessKeyId: string): Principal | undefined {
    return this.#credentials.principal(accessKeyId);
  }

  credentialsOf(accessKeyId: string): Credentials | undefined {
    return this.#credentials.credentials(accessKeyId);
  }

  callerArn(principal: Principal): string {
    if (principal.kind === 'service') return principal.service;
    const { account, partition } = this.#env;
    return `arn:${partition}:sts::${account}:assumed-role/${this.role(principal.roleArn).name}/${principal.sessionName}`;
  }

  deny(principal: Principal, authorization: Authorization): string | undefined {
    const question = this.#question(principal, authorization);
    const resourcePolicy =
      authorization.resourcePolicy === undefined ? undefined : readPolicy(authorization.resourcePolicy);
    const byResource =
      resourcePolicy === undefined
        ? 'implicit-deny'
        : evaluateResource(resourcePolicy, this.#caller(principal), question);
    const policies = principal.kind === 'role' ? [...this.role(principal.roleArn).policies.values()] : [];
    const byIdentity = evaluateIdentity(policies, question);
    const sentence = this.#sentence(principal, authorization);
    if (byIdentity === 'explicit-deny') return `${sentence} with an explicit deny in an identity-based policy`;
    if (byResource === 'explicit-deny') return `${sentence} with an explicit deny in a resource-based policy`;
    if (byResource === 'allow') return undefined;
    const governed = authorization.governedByResource === true && resourcePolicy !== undefined;
    if (governed && !leavesToAccount(resourcePolicy, this.#env.account, question)) {
      return `${sentence} because no resource-based policy allows the ${authorization.action} action`;
    }
    if (byIdentity === 'allow') return undefined;
    const kind = principal.kind === 'service' ? 'resource-based' : 'identity-based';
    return `${sentence} because no ${kind} policy allows the ${authorization.action} action`;
  }

  #sentence(principal: Principal, { action, resource }: Authorization): string {
    const who = principal.kind === 'service' ? 'Service' : 'User';
    return `${who}: ${this.callerArn(principal)} is not authorized to perform: ${action} on resource: ${resource}`;
  }

  #caller(principal: Principal): Caller {
    if (principal.kind === 'service') return { kind: 'service', service: principal.service };
    const { account } = this.#env;
    return { kind: 'role', account, roleArn: principal.roleArn, sessionArn: this.callerArn(principal) };
  }

  #question(principal: Principal, { action, resource, context = {} }: Authorization): Question {
    const keys = new Map<string, readonly string[]>();
    const add = (key: string, value: string | readonly string[]) => {
      // A key without a value is absent.
      const values = typeof value === 'string' ? [value] : value;
      if (values.length > 0) keys.set(key.toLowerCase(), values);
    };
    for (const [key, value] of Object.entries(this.#globalKeys(principal))) add(key, value);
    for (const [key, value] of Object.entries(context)) add(key, value);
    return { action, resource, context: keys satisfies Context };
  }

  #globalKeys(principal: Principal): Readonly<Record<string, string>> {
    const now = this.#clock.now();
    const common = {
      'aws:SecureTransport': 'true',
      'aws:CurrentTime': new Date(now).toISOString(),
      'aws:EpochTime': String(Math.floor(now / 1000)),
      'aws:RequestedRegion': this.#env.region,
    };
    if (principal.kind === 'service') {
      const source = principal.sourceArn;
      const account = source.split(':')[4];
      return {
        ...common,
        'aws:PrincipalIsAWSService': 'true',
        'aws:PrincipalServiceName': principal.service,
        ...(source === '' ? {} : { 'aws:SourceArn': source, 'aws:SourceAccount': account || this.#env.account }),
      };
    }
    const role = this.role(principal.roleArn);
    const tags = Object.entries(role.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]);
    return {
      ...common,
      'aws:PrincipalIsAWSService': 'false',
      'aws:ViaAWSService': 'false',
      'aws:PrincipalType': 'AssumedRole',
      'aws:PrincipalArn': principal.roleArn,
      'aws:PrincipalAccount': this.#env.account,
      ...(principal.functionArn === undefined ? {} : { 'lambda:SourceFunctionArn': principal.functionArn }),
      'aws:userid': `${role.id}:${principal.sessionName}`,
      ...Object.fromEntries(tags),
    };
  }
}
