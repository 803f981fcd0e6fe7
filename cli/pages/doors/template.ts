/** A policy statement in a template. */
export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** The parts of a template that doors depend on. */
export type Resources = Readonly<Record<string, Resource>>;

/** A resource of the stack that a principal could call. */
export interface Door {
  readonly id: string;
  readonly type: string;
  /** Its resource policy; empty if it has none. */
  readonly policy: readonly Statement[];
}

/** A role of the stack with its policy statements. */
export interface Role {
  readonly id: string;
  readonly statements: readonly Statement[];
}

/** The resources of a type, each with the policies that are attached to it. */
export function doorsOf(resources: Resources, type: string): readonly Door[] {
  return ofType(resources, type).map(([id, { Properties = {} }]) => ({
    id,
    type,
    policy: [
      ...statementsIn(Properties['ResourcePolicy']),
      ...ofType(resources, 'AWS::SQS::QueuePolicy')
        .filter(([, policy]) => mentions(policy.Properties?.['Queues'], id))
        .flatMap(([, policy]) => statementsIn(policy.Properties)),
      ...ofType(resources, 'AWS::Events::EventBusPolicy')
        .filter(([, policy]) => mentions(policy.Properties?.['EventBusName'], id))
        .map(([, policy]) => policy.Properties?.['Statement'] as Statement),
      ...ofType(resources, 'AWS::Logs::ResourcePolicy')
        .filter(([, policy]) => mentions(policy.Properties?.['PolicyDocument'], id))
        .flatMap(([, policy]) => statementsIn({ PolicyDocument: parsed(policy.Properties?.['PolicyDocument']) })),
      ...ofType(resources, 'AWS::Lambda::Permission')
        .filter(([, permission]) => mentions(permission.Properties?.['FunctionName'], id))
        .map(([, permission]) => permissionOf(permission.Properties ?? {})),
    ],
  }));
}

/** Every role of the stack. */
export function rolesOf(resources: Resources): readonly Role[] {
  return ofType(resources, 'AWS::IAM::Role').map(([id]) => ({
    id,
    statements: ofType(resources, 'AWS::IAM::Policy')
      .filter(([, policy]) => mentions(policy.Properties?.['Roles'], id))
      .flatMap(([, policy]) => statementsIn(policy.Properties)),
  }));
}

/** Whether a statement is about an action. */
export function isAbout({ Action }: Statement, action: string): boolean {
  return [Action].flat().some((one) => one === action || one === '*' || one === `${action.split(':')[0]}:*`);
}

/** Whether a value in a template names a resource, by a reference or within a text. */
export function mentions(value: unknown, id: string): boolean {
  return JSON.stringify(value ?? null).includes(`"${id}"`);
}

/** A logical id without the hashes that the CDK and a document's content add. */
export function plainId(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '').replace(/^(Documents.+)[0-9a-f]{12}$/, '$1');
}

function ofType(resources: Resources, type: string): readonly (readonly [string, Resource])[] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

function statementsIn(properties: unknown): readonly Statement[] {
  const document = (properties as { PolicyDocument?: { Statement?: readonly Statement[] } } | undefined)
    ?.PolicyDocument;
  return document?.Statement ?? [];
}

/** Parses a policy that is a text with references in between; each reference becomes its logical id. */
function parsed(text: unknown): unknown {
  const parts = (text as { 'Fn::Join'?: readonly [string, readonly unknown[]] } | undefined)?.['Fn::Join']?.[1] ?? [
    text,
  ];
  const written = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part).replace(/\W+/g, ' ')));
  return JSON.parse(written.join(''));
}

function permissionOf(properties: Readonly<Record<string, unknown>>): Statement {
  const source = properties['SourceArn'];
  return {
    Effect: 'Allow',
    Action: String(properties['Action']),
    Principal: { Service: properties['Principal'] },
    ...(source === undefined ? {} : { Condition: { ArnLike: { 'aws:SourceArn': source } } }),
  };
}
