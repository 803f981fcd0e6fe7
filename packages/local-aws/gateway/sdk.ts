import { NormalizedSchema } from '@smithy/core/schema';

/** The wire protocols that the local cloud supports. */
type Protocol = 'awsJson1_0' | 'awsJson1_1' | 'restJson1' | 'restXml' | 'ec2Query' | 'awsQuery';

/** One operation as modelled in the SDK's client. */
export interface Model {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Method, path template and status of a REST operation. */
  readonly http: readonly [method: string, path: string, status: number] | undefined;
}

/** A service as modelled in the SDK's client. */
export interface Sdk {
  /** The signing name. */
  readonly service: string;
  readonly protocol: Protocol;
  /** The prefix before the dot in `X-Amz-Target`. */
  readonly target: string | undefined;
  /** For instance `com.amazonaws.ssm`. */
  readonly namespace: string;
  readonly xmlNamespace: string | undefined;
  readonly operations: ReadonlyMap<string, Model>;
  /** Errors by shape name. */
  readonly errors: ReadonlyMap<string, NormalizedSchema>;
}

/** Each service's client, by signing name. A service without one cannot be registered. */
const clients: Readonly<Record<string, () => Promise<object>>> = {
  autoscaling: () => import('@aws-sdk/client-auto-scaling'),
  cloudformation: () => import('@aws-sdk/client-cloudformation'),
  dynamodb: () => import('@aws-sdk/client-dynamodb'),
  ec2: () => import('@aws-sdk/client-ec2'),
  eks: () => import('@aws-sdk/client-eks'),
  events: () => import('@aws-sdk/client-eventbridge'),
  iam: () => import('@aws-sdk/client-iam'),
  kms: () => import('@aws-sdk/client-kms'),
  lambda: () => import('@aws-sdk/client-lambda'),
  logs: () => import('@aws-sdk/client-cloudwatch-logs'),
  s3: () => import('@aws-sdk/client-s3'),
  sqs: () => import('@aws-sdk/client-sqs'),
  ssm: () => import('@aws-sdk/client-ssm'),
  states: () => import('@aws-sdk/client-sfn'),
  sts: () => import('@aws-sdk/client-sts'),
};

interface ProtocolObject {
  getShapeId(): string;
  readonly serviceTarget?: string;
  readonly options: { readonly defaultNamespace: string; readonly xmlNamespace?: string };
}

type ClientConstructor = new (config: { region: string }) => { readonly config: { readonly protocol: ProtocolObject } };

const loaded = new Map<string, Promise<Sdk>>();

/**
 * Loads a service's schemas from its SDK client.
 *
 * @param service the signing name, for instance `states`
 * @throws Error if the name has no client
 */
export function loadSdk(service: string): Promise<Sdk> {
  const present = loaded.get(service);
  if (present !== undefined) return present;
  const load = clients[service];
  if (load === undefined) {
    throw new Error(
      `no SDK client is known for the service "${service}"; known: ${Object.keys(clients).sort().join(', ')}`,
    );
  }
  const sdk = load().then((module) => read(service, module));
  loaded.set(service, sdk);
  return sdk;
}

function read(service: string, module: object): Sdk {
  const entries = Object.entries(module) as [string, unknown][];
  const Client = entries.find(([name]) => name.endsWith('Client') && name !== '__Client')?.[1];
  const { protocol } = new (Client as ClientConstructor)({ region: 'none' }).config;
  const operations = new Map<string, Model>();
  const errors = new Map<string, NormalizedSchema>();
  for (const [name, schema] of entries) {
    if (!name.endsWith('$') || !Array.isArray(schema)) continue;
    if (schema[0] === 9) operations.set(String(schema[2]), model(schema));
    if (schema[0] === -3) errors.set(String(schema[2]), NormalizedSchema.of(schema as never));
  }
  return {
    service,
    protocol: protocol.getShapeId().replace('aws.protocols#', '') as Protocol,
    target: protocol.serviceTarget,
    namespace: protocol.options.defaultNamespace,
    xmlNamespace: protocol.options.xmlNamespace,
    operations,
    errors,
  };
}

function model(schema: readonly unknown[]): Model {
  const traits = schema[3] as { http?: [string, string, number] } | 0;
  return {
    name: String(schema[2]),
    input: NormalizedSchema.of(schema[4] as never),
    output: NormalizedSchema.of(schema[5] as never),
    http: traits === 0 ? undefined : traits.http,
  };
}
