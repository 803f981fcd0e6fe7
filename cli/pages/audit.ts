import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import { type DetailType, eventSchemas, eventSchemaVersion } from '../../domain/event-schema.ts';
import { source } from '../../domain/events.ts';
import { nextStepSentences } from '../../domain/next-steps.ts';
import { outcomeTagKeys } from '../../domain/outcome-tags.ts';
import { wrapProse } from './wrap.ts';

/** When each event is published. */
const meanings: Readonly<Record<DetailType, string>> = {
  'Node Admitted':
    'A run begins. It has `rerun` if it repeats work on a launch, and `refused` if the request cannot be fulfilled.',
  'Launch Ignored': 'An instance asks for a runtime in a known cluster, and is no node of a pool or too old.',
  'Command Deferred': 'The agent is online and the command has to wait. Once per run.',
  'Command Sent': 'SSM has the command. `tookMs` counts from the agent being online.',
  'Node Proven': 'The command ended, and a sandbox started on the host. `tookMs` counts from the command.',
  'Installation Failed': 'The command ended with a failure. `tookMs` counts from the command.',
  'Proof Pod Ran': 'The proof pod ran on the node. `tookMs` counts from its creation.',
  'Node Released': 'The gate is lifted. The detail has the receipt.',
  'Node Quarantined': 'The launch failed and the gate stays. The detail has the receipt.',
  'Node Replaced': 'The launch failed and the instance was terminated. The detail has the receipt.',
  'Node Held': 'The launch failed while the breaker was open. The detail has the receipt.',
  'Launch Discarded': 'The instance went away. The detail has the receipt.',
  'Node Reverified': 'A released node had drifted and passed its proof again. The detail has the receipt.',
  'Reverification Failed': 'A released node had drifted and did not pass. The detail has the receipt.',
  'Receipt Signed': 'The receipt of an ended run is signed, if `receiptKey` names a key.',
  'Launch Hook Completed': "The launch hook of the instance's Auto Scaling group has its answer.",
  'Node Outdated': 'A released node has another version than new launches get. Only a rollout changes it.',
  'Reconcile Finding': 'Reconcile found what no event had reported, or a node that drifted.',
  'Incident Opened': 'Nodes fail alike, or a part of Airlock needs a person.',
  'Incident Grew': 'An open incident has many more nodes.',
  'Incident Closed': 'An incident is over.',
  'Breaker Opened': 'Too many launches of a pool and version failed.',
  'Breaker Closed': 'A release or an operator closed the breaker.',
  'Rollout Started': 'A pool begins to get another version, with the nodes of the first wave.',
  'Rollout Wave Done': 'Every node of a wave is proven. The next wave begins after the soak time.',
  'Rollout Stopped':
    'A node failed, the breaker is open, or an operator aborted the rollout. The rest of the pool keeps its version.',
  'Rollout Finished': 'Every node of the pool has the version. `done` and `total` count those that follow the pool.',
  'Operator Acted': 'An operator used a command that changes something. `notProven` lists what was not checked.',
};

/** `airlock-events.schema.json`: every event on the bus, with EventBridge's own fields as far as a rule needs them. */
export function eventsSchema(): string {
  const oneOf = Object.keys(eventSchemas).map((type) => ({
    type: 'object',
    properties: {
      source: { const: source },
      'detail-type': { const: type },
      detail: { $ref: `#/$defs/${encodeURIComponent(type)}` },
    },
    required: ['source', 'detail-type', 'detail'],
  }));
  const $defs = Object.fromEntries(
    Object.entries(eventSchemas).map(([type]) => [type, detailSchema(type as DetailType)]),
  );
  const head = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Airlock events, schema ${eventSchemaVersion}`,
  };
  return `${JSON.stringify({ ...head, oneOf, $defs }, undefined, 2)}\n`;
}

/** `docs/operate/audit.md`: what the audit trail has, as a page for people. */
export function auditPage(): string {
  const types = Object.keys(eventSchemas) as DetailType[];
  const common = commonFields(types.map(detailSchema));
  const sections = types.map((type) => {
    const rows = fieldRows(detailSchema(type), common);
    const table = rows.length === 0 ? '' : `\n| field | form |\n|---|---|\n${rows.join('\n')}\n`;
    return `### ${type}\n\n${meanings[type]}\n${table}`;
  });
  const { properties = {} } = detailSchema('Breaker Closed');
  const shared = [...common].map((name) => `| \`${name}\` | ${formOf(properties[name] ?? true)} |`);
  const steps = Object.entries(nextStepSentences).map(([code, sentence]) => `| \`${code}\` | ${sentence} |`);
  return wrapProse(`# Audit

Every step of every launch is an event on Airlock's bus and a line in the audit log group. The bus has the stack's name, and the stack's output \`AuditTrail\` names the group. This page and
[airlock-events.schema.json](../../airlock-events.schema.json) are made from [\`domain/event-schema.ts\`](../../domain/event-schema.ts) by \`npm run docs\`.

The schema has the version ${eventSchemaVersion}. A new field keeps it, so read events tolerantly. A field that goes or changes its meaning raises it. Texts that come from a node, a
tag or an operator are printable ASCII of a limited length. The bus delivers each event at least once and in any order: \`at\` has the time.

## Beside Airlock's events

The same log group also has AWS's own events, so the trail is complete even if a function dies before it publishes: the status of Airlock's commands
(\`EC2 Command Invocation Status-change Notification\`), of the workflow's executions (\`Step Functions Execution Status Change\`), and the state of instances
(\`EC2 Instance State-change Notification\`). EC2's events carry no tags, so those of every instance in the region are there:
[decision 37](../decisions/0037-keep-awss-events-in-the-audit-trail.md) has the reasons.

\`airlock explain NODE\` reads the trail, also after the ledger has forgotten a launch. \`rebuildRuns\` in [\`domain/trail.ts\`](../../domain/trail.ts) rebuilds every receipt from
these lines and nothing else.

## Tags on the instance

Within two minutes of its end, a launch is also stated by the instance's tags ${outcomeTagKeys.map((key) => `\`${key}\``).join(', ')}. They inform people and cost reports. Nothing in Airlock
reads them as true.

## Encrypt it with your key

\`auditKeyArn\` in \`airlock.yaml\` names a KMS key of the same region. CloudWatch Logs encrypts the group with its own key otherwise. Your key's policy needs this statement:

\`\`\`json
{
  "Effect": "Allow",
  "Principal": { "Service": "logs.<region>.amazonaws.com" },
  "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
  "Resource": "*",
  "Condition": {
    "ArnLike": {
      "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:<region>:<account>:log-group:/aws/events/Airlock/audit-*"
    }
  }
}
\`\`\`

Who reads the trail then needs \`kms:Decrypt\` on the key too. Without the key, no line can be read.

## React to an event

[examples/event-rule](../../examples/event-rule) has a rule that sends quarantined nodes to a queue, for CloudFormation and for the command line.

## Fields of every event

| field | form |
|---|---|
${shared.join('\n')}

\`next\` is one of these:

| code | what happens next |
|---|---|
${steps.join('\n')}

## Events

A field with \`?\` may be absent. Every event of a run also has \`instanceId\`, \`launchedAt\`, \`cluster\`, \`pool\`, \`nodeName\`, \`imageId\`?, \`run\` (0 for the launch's first run)
and \`tookMs\`, in milliseconds. The tables leave these out.

${sections.join('\n')}`);
}

function detailSchema(type: DetailType): JsonSchema {
  // A claim's text is shortened by a transformation, which JSON Schema cannot express.
  const { $schema: _, ...schema } = toJsonSchema(eventSchemas[type], { typeMode: 'input', errorMode: 'ignore' });
  return schema;
}

/** The names of the fields that every schema has. */
function commonFields(schemas: readonly JsonSchema[]): ReadonlySet<string> {
  const [first, ...others] = schemas.map(({ required = [] }) => required);
  return new Set((first ?? []).filter((name) => others.every((names) => names.includes(name))));
}

/** The fields of a run's events that the page names once. */
const ofRun = ['instanceId', 'launchedAt', 'cluster', 'pool', 'nodeName', 'imageId', 'run', 'tookMs'];

function fieldRows({ properties = {}, required = [] }: JsonSchema, common: ReadonlySet<string>): readonly string[] {
  const hidden = new Set([...common, ...('run' in properties ? ofRun : [])]);
  return Object.entries(properties).flatMap(([name, schema]) =>
    hidden.has(name) ? [] : [`| \`${name}\`${required.includes(name) ? '' : '?'} | ${formOf(schema)} |`],
  );
}

/** Lists longer than this are in the schema only. */
const longestList = 8;

const words: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a number',
  number: 'a number',
  boolean: 'true or false',
};

function formOf(schema: JsonSchema | boolean): string {
  if (typeof schema === 'boolean') return 'anything';
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) {
    const values = schema.enum.map((value) => `\`${String(value)}\``);
    return values.length > longestList ? `one of ${values.length} codes` : values.join(', ');
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(formOf).join(' or ');
  if (schema.type === 'array') return `a list: ${formOf((schema.items ?? true) as JsonSchema | boolean)}`;
  if (schema.properties !== undefined)
    return `an object: ${Object.keys(schema.properties)
      .map((key) => `\`${key}\``)
      .join(', ')}`;
  if (schema.type === 'object') return 'an object of texts or numbers by name';
  if (schema.format === 'date-time') return 'a time';
  return words[String(schema.type)] ?? 'anything';
}
