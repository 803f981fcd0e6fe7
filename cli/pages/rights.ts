import { attributesOf, type RecordKind } from '../../domain/ledger-rights.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';

/** A template as far as rights go. */
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

/** `docs/understand/rights.md`: every role with every action, resource and condition, read from a synthesized template. */
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
  return `# Rights

Every right that the stack asks for, read from the synthesized template of the sample \`airlock.yaml\` by \`npm run docs\`. A name in \`{}\` is a
resource of the stack itself. What a role is not given here it does not have; a test drops and adds rights to show that.

## Roles

${roles.join('\n\n')}

## Policies of queues

${queues.join('\n\n')}

## Policy of the bus

${buses.join('\n\n')}

## Policy of the ledger

${tables.join('\n\n')}

## Attributes of the ledger

Who may name each attribute in an update of a row. DynamoDB holds a policy against every attribute that a request names, and does not tell those that a condition asks for
from those that are written: a role may write both. No role may put or delete a row.

${attributes('run', 'Rows of runs')}

${attributes('breaker', 'Rows of breakers')}

${attributes('agents', 'Rows about agents')}

## In a cluster

### Access entries

| role | cluster | groups | access policies |
|---|---|---|---|
${entries.join('\n')}

### Roles of RBAC

What the objects give that \`manifests: apply\` applies; the admission policies beside them narrow it further ([clusters.md](../use/clusters.md)).

| role | given to | namespace | verbs | resources |
|---|---|---|---|---|
${inside.join('\n')}
`;
}

function attributes(kind: RecordKind, title: string): string {
  const rows = attributesOf(kind).map(
    ({ attribute, writers, askers }) => `| ${cell(attribute)} | ${writers.join(', ')} | ${askers.join(', ')} |`,
  );
  return `### ${title}\n\n| attribute | written by | in conditions of |\n|---|---|---|\n${rows.join('\n')}`;
}

/** A role or a binding of a cluster, as far as rights go. */
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

/** Shows a value of a template as a person would say it: references in braces, partition and account left to their names. */
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

/** A logical id without the hashes that the CDK and the documents' content put into it. */
function plain(id: string): string {
  if (id.startsWith('AWS::')) return `{${id.slice(5)}}`;
  return `{${id.replace(/[0-9A-F]{8}$/, '').replace(/^(Documents.+)[0-9a-f]{12}$/, '$1, by its hash')}}`;
}

function cell(value: string): string {
  return `\`${value.replaceAll('|', '\\|')}\``;
}
