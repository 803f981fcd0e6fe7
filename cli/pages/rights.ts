import { attributesOf, type RecordKind, updateCondition, writableBy } from '../../domain/ledger-rights.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { type DoctorRight, doctorRights } from '../../lib/doctor-rights.ts';
import { type MirrorRight, mirrorRights } from '../../lib/mirror-rights.ts';
import { wrapProse } from './wrap.ts';

/** The parts of a template that rights depend on. */
interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * `docs/understand/rights.md`: every role with every action, resource and condition, read from a synthesized template.
 */
export function rightsPage(template: unknown): string {
  const { Resources } = template as Template;
  const rows = (type: string) => Object.entries(Resources).filter(([, resource]) => resource.Type === type);
  const statements = (properties: Readonly<Record<string, unknown>> | undefined, policy = 'PolicyDocument') =>
    (properties?.[policy] as { Statement?: readonly Statement[] } | undefined)?.Statement ?? [];

  const roles = rows('AWS::IAM::Role').map(([role, { Properties }]) => {
    const trusted = statements(Properties, 'AssumeRolePolicyDocument')
      .map(({ Principal }) => text(Principal))
      .join(', ');
    const managed = ((Properties?.['ManagedPolicyArns'] ?? []) as unknown[]).map(
      (arn) => `| managed policy | ${cell(text(arn))} | |`,
    );
    const own = rows('AWS::IAM::Policy')
      .filter(([, policy]) =>
        ((policy.Properties?.['Roles'] ?? []) as unknown[]).some((one) => text(one) === plain(role)),
      )
      .flatMap(([, policy]) => statements(policy.Properties).map((one) => row(one)));
    return `### ${plain(role).slice(1, -1)}\n\nAssumed by ${trusted}.\n\n${table([...managed, ...own])}`;
  });
  const policy = (name: string, of: readonly Statement[]) => {
    const lines = of.map((one) => `${row(one)} ${one.Effect} ${cell(text(one.Principal))} |`);
    return `### ${plain(name).slice(1, -1)}\n\n| actions | resources | conditions | effect and principal |\n|---|---|---|---|\n${lines.join('\n')}`;
  };
  const queues = rows('AWS::SQS::QueuePolicy').map(([name, { Properties }]) => policy(name, statements(Properties)));
  const buses = rows('AWS::Events::EventBusPolicy').map(([name, { Properties }]) =>
    policy(name, [Properties?.['Statement'] as Statement]),
  );
  const tables = rows('AWS::DynamoDB::Table').map(([name, { Properties }]) =>
    policy(name, statements(Properties?.['ResourcePolicy'] as Readonly<Record<string, unknown>> | undefined)),
  );
  const entries = rows('AWS::EKS::AccessEntry').map(([, { Properties = {} }]) => {
    const policies = (Properties['AccessPolicies'] ?? []) as { PolicyArn: unknown; AccessScope: { Type: string } }[];
    const names = policies.map((one) => `${cell(text(one.PolicyArn))} for the ${one.AccessScope.Type}`).join('<br>');
    const groups = ((Properties['KubernetesGroups'] ?? []) as string[]).map(cell).join('<br>');
    return `| ${cell(text(Properties['PrincipalArn']))} | ${text(Properties['ClusterName'])} | ${groups} | ${names} |`;
  });
  const settings = rows('AWS::Lambda::Function').flatMap(([, { Properties }]) => {
    const { Variables = {} } = (Properties?.['Environment'] ?? {}) as { Variables?: Record<string, unknown> };
    return Variables['MANIFESTS'] === undefined ? [] : [JSON.parse(String(Variables['MANIFESTS']))];
  });
  const inside = settings.flatMap((one) => clusterRights(renderManifests(one) as readonly RbacObject[]));
  return wrapProse(`# Rights

Every right that the stack requests, read from the synthesized template of the sample \`airlock.yaml\` by \`npm run docs\`. A name in \`{}\` is a
resource of the stack itself. A role has no other rights; a test removes and adds rights to prove that.

## Roles

${roles.join('\n\n')}

### DoctorRole, with doctor.schedule

Assumed by lambda.amazonaws.com. The sample has no schedule, so this role is read from \`lib/doctor-rights.ts\`, for one cluster. It may also write the log of its function.

${table(doctorRights(['demo']).map(doctorRow))}

${mirrorSections()}

${rolloutSection()}

## Queue policies

${queues.join('\n\n')}

## Bus policy

${buses.join('\n\n')}

## Ledger policy

${tables.join('\n\n')}

## Ledger attributes

Who may name each attribute when updating a record. DynamoDB checks a policy against every attribute that a request names, and does not distinguish attributes in a condition
from written ones: a role may write both. No role may put or delete a record.

${attributes('run', 'Run records')}

${attributes('breaker', 'Breaker records')}

${attributes('agents', 'Agent records')}

${attributes('incident', 'Incident records')}

${attributes('rollout', 'Rollout records')}

## In a cluster

### Access entries

| role | cluster | groups | access policies |
|---|---|---|---|
${entries.join('\n')}

### RBAC roles

What the objects give that \`manifests: apply\` applies; the admission policies beside them narrow it further ([clusters.md](../use/clusters.md)).

| role | given to | namespace | verbs | resources |
|---|---|---|---|---|
${inside.join('\n')}
`);
}

/** The rights that only `artifacts: mirror` brings. */
function mirrorSections(): string {
  const names = { fill: 'MirrorFillRole', reader: 'MirrorReader', dispatch: 'DispatchRole' } as const;
  const trust = {
    fill: 'lambda.amazonaws.com',
    reader: '{DispatchRole.Arn}',
    dispatch: 'lambda.amazonaws.com',
  } as const;
  const arns = { files: '{MirrorBucket.Arn}/sha256/*', bucket: '{MirrorBucket.Arn}', reader: '{MirrorReader.Arn}' };
  return (Object.keys(names) as (keyof typeof names)[])
    .map((role) => {
      const rights: readonly MirrorRight[] = mirrorRights[role];
      const rows = rights.map(
        ({ actions, on, purpose }) => `| ${actions.map(cell).join('<br>')} | ${cell(arns[on])}: ${purpose} | |`,
      );
      const more = role === 'dispatch' ? ' It has these besides those above.' : '';
      return `### ${names[role]}, with artifacts: mirror\n\nAssumed by ${trust[role]}.${more} Read from \`lib/mirror-rights.ts\`.\n\n${table(rows)}`;
    })
    .join('\n\n');
}

/** The right that only the block `rollout` brings. */
function rolloutSection(): string {
  const rows = writableBy('reconcile').flatMap((writable) =>
    writable.kind === 'rollout'
      ? [
          row({
            Effect: 'Allow',
            Action: 'dynamodb:UpdateItem',
            Resource: '{LedgerTable}',
            Condition: updateCondition(writable),
          }),
        ]
      : [],
  );
  return `### ReconcileRole, with rollout\n\nAssumed by lambda.amazonaws.com. It has this besides those above. Read from \`domain/ledger-rights.ts\`.\n\n${table(rows)}`;
}

function doctorRow({ actions, service, resource }: DoctorRight): string {
  const region = service === 'iam' ? '' : '<region>';
  const on = resource === undefined ? '*' : `arn:<partition>:${service}:${region}:<account>:${resource}`;
  return `| ${actions.map(cell).join('<br>')} | ${cell(on)} | |`;
}

function attributes(kind: RecordKind, title: string): string {
  const rows = attributesOf(kind).map(
    ({ attribute, writers, askers }) =>
      `| ${cell(attribute)} | ${writers.join(', ') || 'operators'} | ${askers.join(', ')} |`,
  );
  return `### ${title}\n\n| attribute | written by | in conditions of |\n|---|---|---|\n${rows.join('\n')}`;
}

/** A cluster's role or binding, as far as rights go. */
interface RbacObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly { readonly verbs: readonly string[]; readonly resources?: readonly string[] }[];
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
}

function clusterRights(manifests: readonly RbacObject[]): readonly string[] {
  return manifests.flatMap(({ kind, metadata: { name, namespace = 'all' }, rules = [] }) => {
    const bindings = manifests.filter(({ roleRef }) => roleRef?.kind === kind && roleRef.name === name);
    const given = bindings.flatMap(({ subjects = [] }) => subjects.map((one) => cell(`${one.kind} ${one.name}`)));
    return rules.map(
      ({ verbs, resources = [] }) =>
        `| ${kind} ${cell(name)} | ${given.join('<br>')} | ${namespace} | ${verbs.join(', ')} | ${resources.join(', ')} |`,
    );
  });
}

function table(rows: readonly string[]): string {
  return `| actions | resources | conditions |\n|---|---|---|\n${rows.join('\n')}`;
}

function row({ Effect, Action, Resource, Condition }: Statement): string {
  const actions = (Effect === 'Deny' ? ['deny', ...[Action].flat()] : [Action].flat()).join('<br>');
  const resources = [Resource].flat().map(text).map(cell).join('<br>');
  const conditions = Object.entries(Condition ?? {})
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, value]) => `${operator} ${key} = ${[value].flat().map(text).join(' or ')}`),
    )
    .map(cell)
    .join('<br>');
  return `| ${actions} | ${resources} | ${conditions} |`;
}

/** Formats a template value for readers: references in braces, partition and account by name. */
function text(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value as Record<string, unknown>);
  const [first] = entries;
  if (first === undefined) return '';
  const [name, inner] = first;
  if (name === 'Ref') return plain(String(inner));
  if (name === 'Fn::GetAtt') return plain((inner as string[])[0] ?? '');
  if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map(text).join((inner as [string, unknown[]])[0]);
  return entries.map(([key, one]) => `${key}: ${[one].flat().map(text).join(', ')}`).join('; ');
}

/** A logical id without the hashes that the CDK and a document's content add. */
function plain(id: string): string {
  if (id.startsWith('AWS::')) return `{${id.slice(5)}}`;
  return `{${id.replace(/[0-9A-F]{8}$/, '').replace(/^(Documents.+)[0-9a-f]{12}$/, '$1, by its hash')}}`;
}

function cell(value: string): string {
  return `\`${value.replaceAll('|', '\\|')}\``;
}
