import * as v from 'valibot';
import { architectures } from './architectures.ts';
import { BreakerLimitsSchema } from './breaker.ts';
import { unpack } from './packed.ts';
import { PoolsSchema } from './pools.ts';
import { FleetRolloutSchema } from './rollout/settings.ts';
import { runtimes } from './runtimes.ts';
import { repositoryForm } from './sandbox-images.ts';
import { VersionsSchema } from './tags.ts';

const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));

function json<Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(text, v.parseJson(), schema);
}

/** A value that `pack` in packed.ts wrote. */
function packed<Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(
    text,
    v.rawTransform(({ dataset, addIssue, NEVER }): unknown => {
      try {
        return unpack(dataset.value);
      } catch {
        addIssue({ message: 'accepted: JSON, or JSON that is deflated and in base64' });
        return NEVER;
      }
    }),
    schema,
  );
}

/** What can be admitted: the clusters, the versions, and the pools' settings. */
const AdmissibleSchema = v.strictObject({
  ...PoolsSchema.entries,
  clusters: v.pipe(v.array(v.string()), v.readonly()),
  versions: VersionsSchema,
});

export type Admissible = Readonly<v.InferOutput<typeof AdmissibleSchema>>;

/** The rules for failures: the pools' settings, and when a breaker opens. */
const FailureRulesSchema = v.strictObject({ ...PoolsSchema.entries, breaker: BreakerLimitsSchema });

export type FailureRules = Readonly<v.InferOutput<typeof FailureRulesSchema>>;

/**
 * What the scheduled doctor holds everything against, and the addresses that nodes download from. The rules of the
 * catalogue are too long for it.
 */
const ScheduledStandardSchema = v.strictObject({
  gate: v.string(),
  clusters: v.pipe(
    v.array(v.strictObject({ name: v.string(), private: v.boolean(), isInEks: v.boolean() })),
    v.readonly(),
  ),
  pools: PoolsSchema,
  versions: VersionsSchema,
  virtualizedFamilies: v.pipe(v.array(v.string()), v.readonly()),
  artifacts: v.pipe(v.array(v.string()), v.readonly()),
});

export type ScheduledStandard = Readonly<v.InferOutput<typeof ScheduledStandardSchema>>;

/** The documents of one verb, by runtime. */
const documents = v.record(v.picklist(runtimes), v.object({ name: text, hash: text }));

const InventoryRulesSchema = v.strictObject({
  /** How old what is known of a node must be before it is asked again, in milliseconds. */
  everyMs: v.number(),
  /** How many nodes are asked at most in one pass. */
  nodesPerPass: v.number(),
  documents,
});

export type InventoryRules = Readonly<v.InferOutput<typeof InventoryRulesSchema>>;

/** Every environment variable that a function reads, with the form of its value. */
export const settings = {
  /** The service by which Powertools tags logs and metrics. */
  POWERTOOLS_SERVICE_NAME: text,
  /** The URL of the queue that the function consumes. */
  QUEUE: text,
  LEDGER_TABLE: text,
  EVENT_BUS: text,
  STATE_MACHINE: text,
  TERMINATIONS_QUEUE: text,
  ADMISSIBLE: packed(AdmissibleSchema),
  RULES: packed(FailureRulesSchema),
  DOCTOR: packed(ScheduledStandardSchema),
  /** The deployed documents, by verb and runtime. */
  DOCUMENTS: json(v.object({ install: documents, prove: documents })),
  /** The versions that nodes may get: a launch may have been admitted before its version was withdrawn. */
  VERSIONS: packed(VersionsSchema),
  /** How nodes are inventoried; null if they are not. */
  INVENTORY: json(v.nullable(InventoryRulesSchema)),
  /** The pinned checksums, by runtime, version and architecture. */
  CHECKSUMS: json(v.record(v.picklist(runtimes), v.record(text, v.record(v.picklist(architectures), text)))),
  /** How versions roll through the fleet; null if they do not. */
  ROLLOUT: packed(v.strictObject({ rollout: v.nullable(FleetRolloutSchema) })),
  /** The name of each cluster's function, by cluster. */
  CLUSTER_FUNCTIONS: json(v.record(text, text)),
  /** The address that the documentation's paths follow; empty for bare paths. */
  DOCS_URL: v.string(),
  CLUSTER_NAME: text,
  CLUSTER_ENDPOINT: text,
  /** PEM, in base64. */
  CLUSTER_CA: text,
  GATE_KEY: text,
  PROOF: v.picklist(['pod', 'host']),
  /** The ARN of the function in a private cluster's network. */
  INSIDE_FUNCTION: v.optional(text),
  /**
   * The settings from `airlock.yaml` that the manifests depend on. They select what Airlock renders and cannot add to
   * it.
   */
  MANIFESTS: json(
    v.strictObject({
      runtimes: v.array(v.picklist(runtimes)),
      gate: v.pipe(v.string(), v.regex(/^[A-Za-z0-9._/-]{1,317}$/)),
      sandboxImages: v.array(v.pipe(v.string(), v.regex(repositoryForm))),
      sandboxedNamespaces: v.picklist(['off', 'enforce']),
    }),
  ),
  /** The ARN of the key that signs receipts. */
  RECEIPT_KEY: text,
  /** The bucket with the runtimes' files. */
  MIRROR_BUCKET: text,
  /** Where nodes read them: the bucket's host, and the role whose session signs addresses there. Absent: upstream. */
  MIRROR: v.optional(json(v.strictObject({ host: text, reader: text }))),
  PREPARE_FUNCTION: text,
  PREPARE_ROLE: text,
  ACCESS_POLICY: text,
  STACK_ID: text,
  RESOURCE: text,
} as const;

/** A variable of a function's environment. */
export type Setting = keyof typeof settings;

const clusterSettings = ['CLUSTER_NAME', 'CLUSTER_ENDPOINT', 'CLUSTER_CA'] as const;

/** What each function reads from its environment, by its folder under `lambdas/`. */
export const functionSettings = {
  admission: ['QUEUE', 'LEDGER_TABLE', 'EVENT_BUS', 'STATE_MACHINE', 'TERMINATIONS_QUEUE', 'ADMISSIBLE'],
  dispatch: ['QUEUE', 'LEDGER_TABLE', 'EVENT_BUS', 'DOCUMENTS', 'CHECKSUMS', 'VERSIONS', 'MIRROR'],
  mirror: ['MIRROR_BUCKET'],
  results: ['QUEUE', 'LEDGER_TABLE', 'EVENT_BUS'],
  terminations: ['QUEUE', 'LEDGER_TABLE', 'EVENT_BUS', 'STATE_MACHINE'],
  cancellation: ['LEDGER_TABLE'],
  remediation: ['LEDGER_TABLE', 'EVENT_BUS', 'RULES'],
  attestation: ['LEDGER_TABLE', 'EVENT_BUS', 'RECEIPT_KEY'],
  'receipt-key': [],
  doctor: ['DOCTOR'],
  reconcile: [
    'LEDGER_TABLE',
    'EVENT_BUS',
    'STATE_MACHINE',
    'TERMINATIONS_QUEUE',
    'ADMISSIBLE',
    'CLUSTER_FUNCTIONS',
    'ROLLOUT',
    'DOCS_URL',
    'INVENTORY',
  ],
  cluster: ['QUEUE', 'LEDGER_TABLE', ...clusterSettings, 'GATE_KEY', 'PROOF', 'INSIDE_FUNCTION'],
  'cluster-inside': [...clusterSettings, 'GATE_KEY', 'PROOF'],
  'find-cluster': [],
  'prepare-cluster': [...clusterSettings, 'MANIFESTS'],
  'grant-cluster-admin': ['CLUSTER_NAME', 'PREPARE_FUNCTION', 'PREPARE_ROLE', 'ACCESS_POLICY', 'STACK_ID', 'RESOURCE'],
} as const satisfies Readonly<Record<string, readonly Setting[]>>;

/** A function, by its folder under `lambdas/`. */
export type FunctionName = keyof typeof functionSettings;

/** What a function may lack. */
type OptionalSetting = 'INSIDE_FUNCTION' | 'MIRROR';

/** What the stack writes for one function. */
export type Environment<Name extends FunctionName> = {
  readonly [Key in Exclude<(typeof functionSettings)[Name][number], OptionalSetting>]: string;
} & { readonly [Key in Extract<(typeof functionSettings)[Name][number], OptionalSetting>]?: string };
