/**
 * IAM as CloudFormation makes it, roles and their policies:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html and
 * aws-resource-iam-policy.html
 */

import type { Core } from '../core.ts';
import { AwsError } from '../gateway/service.ts';
import type { Role } from '../iam/identities.ts';
import { managedPolicies } from '../iam/managed-policies.ts';
import { type Policy, readPolicy } from '../iam/policy.ts';
import type { Part } from '../part.ts';
import { physicalName, suffixOf } from '../template/names.ts';
import type { Change, Created, ResourceType, Stack } from '../template/resource.ts';
import { TemplateError } from '../template/template-error.ts';

type Properties = Readonly<Record<string, unknown>>;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const mostInlineCharacters = 10_240;

/** Roles and policies. There are no operations: nothing here changes IAM after the deployment. */
export function iamPart({ iam, clock }: Pick<Core, 'clock' | 'iam'>): Part {
  const customerManaged = new Map<string, Policy>();
  /** How long the inline policies of each role are. */
  const inline = new Map<string, Map<string, number>>();
  const ownPolicies = (properties: Properties) => policiesOf(properties, customerManaged);

  const role: ResourceType = {
    type: 'AWS::IAM::Role',
    properties: [
      'AssumeRolePolicyDocument',
      'Description',
      'ManagedPolicyArns',
      'MaxSessionDuration',
      'Path',
      'Policies',
      'RoleName',
      'Tags',
    ],
    create(logicalId, properties, stack) {
      const name = String(properties['RoleName'] ?? physicalName(stack, logicalId));
      if (iam.roles.has(name)) throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409);
      const made: Role = {
        arn: `arn:${stack.env.partition}:iam::${stack.env.account}:role${path(properties)}${name}`,
        name,
        id: `AROA${suffixOf(name)}${suffixOf(`${name}/id`).slice(0, 5)}`,
        trust: readPolicy(properties['AssumeRolePolicyDocument']),
        policies: ownPolicies(properties),
        createdAt: clock.now(),
        tags: Object.fromEntries(records(properties['Tags']).map((tag) => [String(tag['Key']), String(tag['Value'])])),
      };
      iam.roles.set(name, made);
      return { ref: name, attributes: { Arn: made.arn, RoleId: made.id } };
    },
    update(created: Created, { before, after }: Change) {
      const role = iam.role(created.ref);
      for (const name of ownPolicies(before).keys()) role.policies.delete(name);
      for (const [name, policy] of ownPolicies(after)) role.policies.set(name, policy);
      iam.roles.set(role.name, { ...role, trust: readPolicy(after['AssumeRolePolicyDocument']) });
      return created;
    },
    remove: ({ ref }) => void iam.roles.delete(ref),
  };

  const policy: ResourceType = {
    type: 'AWS::IAM::Policy',
    properties: ['PolicyDocument', 'PolicyName', 'Roles'],
    create(logicalId, properties) {
      const name = String(properties['PolicyName'] ?? logicalId);
      attachInline(name, properties);
      return { ref: name, attributes: { Id: name } };
    },
    update(created: Created, { before, after }: Change) {
      detach(created.ref, before);
      attachInline(created.ref, after);
      return created;
    },
    remove: ({ ref }, _logicalId, _stack, properties) => detach(ref, properties),
  };

  const managedPolicy: ResourceType = {
    type: 'AWS::IAM::ManagedPolicy',
    properties: ['Description', 'ManagedPolicyName', 'Path', 'PolicyDocument', 'Roles'],
    create(logicalId, properties, stack: Stack) {
      const name = String(properties['ManagedPolicyName'] ?? physicalName(stack, logicalId, 128));
      const arn = `arn:${stack.env.partition}:iam::${stack.env.account}:policy${path(properties)}${name}`;
      const document = readPolicy(properties['PolicyDocument']);
      customerManaged.set(arn, document);
      attach(iam, arn, document, properties);
      return { ref: arn, attributes: { PolicyArn: arn } };
    },
  };

  /** IAM counts the inline policies of a role together, without white space. */
  function attachInline(name: string, properties: Properties): void {
    const size = JSON.stringify(properties['PolicyDocument']).length;
    for (const one of strings(properties['Roles'])) {
      const all = inline.get(one) ?? new Map<string, number>();
      inline.set(one, all.set(name, size));
      if ([...all.values()].reduce((sum, each) => sum + each, 0) > mostInlineCharacters) {
        all.delete(name);
        const message = `Maximum policy size of ${mostInlineCharacters} bytes exceeded for role ${one}`;
        throw new AwsError('LimitExceeded', message, 409);
      }
    }
    attach(iam, name, readPolicy(properties['PolicyDocument']), properties);
  }

  function detach(name: string, properties: Properties): void {
    for (const one of strings(properties['Roles'])) {
      iam.roles.get(one)?.policies.delete(name);
      inline.get(one)?.delete(name);
    }
  }

  return { resourceTypes: [role, policy, managedPolicy] };
}

function attach(iam: Core['iam'], name: string, document: Policy, properties: Properties): void {
  for (const one of strings(properties['Roles'])) iam.role(one).policies.set(name, document);
}

/** The policies that a role itself names. */
function policiesOf(properties: Properties, customerManaged: ReadonlyMap<string, Policy>): Map<string, Policy> {
  const policies = new Map<string, Policy>();
  for (const inline of records(properties['Policies'])) {
    policies.set(String(inline['PolicyName']), readPolicy(inline['PolicyDocument']));
  }
  for (const arn of strings(properties['ManagedPolicyArns'])) policies.set(arn, managed(arn, customerManaged));
  return policies;
}

function managed(arn: string, customerManaged: ReadonlyMap<string, Policy>): Policy {
  const own = customerManaged.get(arn);
  if (own !== undefined) return own;
  const name = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn)?.[1];
  const document = name === undefined ? undefined : managedPolicies[name];
  if (document !== undefined) return readPolicy(document);
  throw new TemplateError(
    `the managed policy ${arn} is not known here; known: ${Object.keys(managedPolicies).join(', ')}`,
  );
}

function path(properties: Properties): string {
  return String(properties['Path'] ?? '/');
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function records(value: unknown): readonly Properties[] {
  return Array.isArray(value) ? (value as Properties[]) : [];
}
