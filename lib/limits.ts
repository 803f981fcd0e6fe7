import { sourceBytes, sourceParameters } from '../domain/mirror.ts';

/** The parts of a template that limits apply to. */
interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** One AWS limit that a configuration can reach. */
interface Limit {
  readonly what: string;
  readonly service: string;
  readonly most: number;
  /** The field of `airlock.yaml` that makes it grow, and what to do about it. */
  readonly accepted: string;
  /** How much of it a template uses, by resource. */
  used(template: Template): Iterable<readonly [string, number]>;
}

const fewerClusters = 'clusters: fewer of them; deploy the others in another region or account';
const fewerPools = 'pools: fewer of them, or shorter names';

const limits: readonly Limit[] = [
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  {
    what: 'bytes',
    service: 'CloudFormation',
    most: 1_048_576,
    accepted: fewerClusters,
    // CDK writes a template with an indent of one space.
    used: (template) => [['the template', Buffer.byteLength(JSON.stringify(template, undefined, 1))]],
  },
  {
    what: 'resources',
    service: 'CloudFormation',
    most: 500,
    accepted: fewerClusters,
    used: ({ Resources }) => [['the template', Object.keys(Resources).length]],
  },
  {
    what: 'outputs',
    service: 'CloudFormation',
    most: 200,
    accepted: fewerClusters,
    used: ({ Outputs = {} }) => [['the template', Object.keys(Outputs).length]],
  },
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  {
    what: 'bytes of environment',
    service: 'Lambda',
    most: 4_096,
    accepted: `${fewerPools}; or ${fewerClusters}`,
    used: (template) =>
      each(template, 'AWS::Lambda::Function', ({ Environment }) => {
        const variables = Object.entries((Environment as { Variables?: object } | undefined)?.Variables ?? {});
        return variables.reduce((sum, [name, value]) => sum + name.length + lengthOf(value, template), 0);
      }),
  },
  // https://docs.aws.amazon.com/general/latest/gr/ssm.html
  {
    what: 'bytes with the values of its parameters',
    service: 'Systems Manager',
    most: 65_536,
    accepted: 'a shorter catalogue: fewer versions or rules for the runtime',
    used: (template) =>
      each(template, 'AWS::SSM::Document', ({ Content }) => {
        const text = String(Content);
        const isMirrored = text.includes(`"${sourceParameters.x86_64}":`);
        return Buffer.byteLength(text) + parameterBytes + (isMirrored ? sourceBytes : 0);
      }),
  },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: all inline policies of a role together,
  // not counting white space.
  {
    what: 'characters of inline policies',
    service: 'IAM',
    most: 10_240,
    accepted: fewerClusters,
    used: inlinePolicies,
  },
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
  {
    what: 'characters of pattern',
    service: 'EventBridge',
    most: 2_048,
    accepted: 'a shorter pattern',
    used: (template) => each(template, 'AWS::Events::Rule', ({ EventPattern }) => lengthOf(EventPattern, template)),
  },
  {
    what: 'targets',
    service: 'EventBridge',
    most: 5,
    accepted: 'fewer targets',
    used: (template) =>
      each(template, 'AWS::Events::Rule', ({ Targets }) => (Targets as unknown[] | undefined)?.length ?? 0),
  },
  {
    what: 'bytes of bus policy',
    service: 'EventBridge',
    most: 10_240,
    accepted: fewerClusters,
    used: (template) => each(template, 'AWS::Events::EventBusPolicy', ({ Statement }) => lengthOf(Statement, template)),
  },
  // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  {
    what: 'bytes of definition',
    service: 'Step Functions',
    most: 1_048_576,
    accepted: fewerClusters,
    used: (template) =>
      each(template, 'AWS::StepFunctions::StateMachine', ({ DefinitionString }) =>
        lengthOf(DefinitionString, template),
      ),
  },
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
  {
    what: 'bytes of queue policy',
    service: 'SQS',
    most: 8_192,
    accepted: fewerClusters,
    used: (template) =>
      each(template, 'AWS::SQS::QueuePolicy', ({ PolicyDocument }) => lengthOf(PolicyDocument, template)),
  },
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
  {
    what: 'characters of resource policy',
    service: 'CloudWatch Logs',
    most: 5_120,
    accepted: 'fewer writers',
    used: (template) =>
      each(template, 'AWS::Logs::ResourcePolicy', ({ PolicyDocument }) => lengthOf(PolicyDocument, template)),
  },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
  {
    what: 'widgets',
    service: 'a CloudWatch dashboard',
    most: 500,
    accepted: `${fewerPools}; or ${fewerClusters}; or dashboard: false`,
    used: (template) =>
      each(
        template,
        'AWS::CloudWatch::Dashboard',
        // The body is text in pieces: within JSON its quotes are escaped.
        ({ DashboardBody }) => JSON.stringify(DashboardBody).split('\\"type\\":\\"').length - 1,
      ),
  },
];

/** The most that the values of a document's parameters take, in bytes. */
const parameterBytes = 1_024;

/**
 * Checks a template against every AWS limit that a configuration can reach.
 *
 * @returns a sentence per exceeded limit: the field, the value seen and the accepted form
 */
export function limitFaults(template: unknown): readonly string[] {
  return limits.flatMap(({ what, service, most, accepted, used }) =>
    [...used(template as Template)]
      .filter(([, amount]) => amount > most)
      .map(([who, amount]) => `${who} has ${amount} ${what}; ${service} takes ${most}; accepted: ${accepted}`),
  );
}

function* each(
  { Resources }: Template,
  type: string,
  amount: (properties: Readonly<Record<string, unknown>>) => number,
): Generator<readonly [string, number]> {
  for (const [id, { Type, Properties = {} }] of Object.entries(Resources))
    if (Type === type) yield [id, amount(Properties)];
}

function inlinePolicies(template: Template): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { Type, Properties = {} } of Object.values(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy') continue;
    for (const role of (Properties['Roles'] ?? []) as { Ref?: string }[]) {
      const name = role.Ref ?? String(role);
      found.set(name, (found.get(name) ?? 0) + lengthOf(Properties['PolicyDocument'], template));
    }
  }
  return found;
}

/** The greatest length that a reference resolves to, by resource type, for instance a queue's URL. */
const lengths: Readonly<Record<string, readonly [ref: number, attribute: number]>> = {
  'AWS::Lambda::Function': [64, 64 + 60],
  'AWS::SQS::Queue': [80 + 60, 80 + 50],
  'AWS::DynamoDB::Table': [100, 160],
  'AWS::StepFunctions::StateMachine': [80 + 60, 80 + 60],
  'AWS::IAM::Role': [64, 64 + 40],
  'AWS::Logs::LogGroup': [128, 190],
  'AWS::SSM::Document': [64, 64],
};
/** A certificate authority of EKS, PEM in base64: about 1,500 bytes. */
const certificateBytes = 2_000;

const pseudo: Readonly<Record<string, number>> = {
  'AWS::Partition': 10,
  'AWS::Region': 14,
  'AWS::AccountId': 12,
  'AWS::URLSuffix': 16,
};

/** The greatest length of a value: text as it is, a structure as JSON, references by what they resolve to. */
function lengthOf(value: unknown, template: Template): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return String(value).length;
  const [name = '', inner] = Object.entries(value)[0] ?? [];
  if (name === 'Ref' && typeof inner === 'string') return pseudo[inner] ?? of(inner, template)[0];
  if (name === 'Fn::GetAtt' && Array.isArray(inner)) {
    const [id, attribute] = inner as [string, string];
    return attribute === 'CertificateAuthority' ? certificateBytes : of(id, template)[1];
  }
  if (name === 'Fn::Join' && Array.isArray(inner)) {
    const [separator, parts] = inner as [string, unknown[]];
    return parts.reduce((sum: number, part) => sum + lengthOf(part, template) + separator.length, 0);
  }
  // Quotes, a colon and a comma.
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + lengthOf(one, template) + 3, 2);
  return Object.entries(value).reduce((sum, [key, one]) => sum + key.length + lengthOf(one, template) + 6, 2);
}

function of(logicalId: string, { Resources }: Template): readonly [number, number] {
  return lengths[Resources[logicalId]?.Type ?? ''] ?? [200, 200];
}
