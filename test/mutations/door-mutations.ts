import type { Copy } from './assembly.ts';
import type { Mutation } from './mutation.ts';

const busPolicy = 'AWS::Events::EventBusPolicy';

/** Changes the statement of a role's policy by which it publishes. */
const telling = (change: (condition: Record<string, unknown>) => void) => (copy: Copy) => {
  const { Statement } = copy.resource('AWS::IAM::Policy', 'AdmissionRole').Properties['PolicyDocument'];
  change(Statement.find(({ Action }: { Action: unknown }) => Action === 'events:PutEvents').Condition);
};

/** Changes the condition under which the audit trail accepts lines; its policy is a text with references in between. */
const writing = (change: (condition: Record<string, unknown>) => void) => (copy: Copy) => {
  const { Properties } = copy.resource('AWS::Logs::ResourcePolicy', 'AuditWriters');
  const parts: unknown[] = Properties['PolicyDocument']['Fn::Join'][1];
  const text = parts.map((part, at) => (typeof part === 'string' ? part : `<${at}>`)).join('');
  const policy = JSON.parse(text);
  change(policy.Statement.find(({ Action }: { Action: unknown }) => Action === 'logs:PutLogEvents').Condition);
  const changed = JSON.stringify(policy).split(/<(\d+)>/);
  Properties['PolicyDocument'] = { 'Fn::Join': ['', changed.map((part, at) => (at % 2 ? parts[Number(part)] : part))] };
};

/** Changes every statement by which a role writes records of one kind. */
const ledgerWrites = (
  role: string,
  rows: string,
  change: (condition: Record<string, Record<string, unknown>>) => void,
) => {
  return (copy: Copy) => {
    const { Statement } = copy.resource('AWS::IAM::Policy', role).Properties['PolicyDocument'];
    const found = Statement.filter(({ Condition }: { Condition?: object }) =>
      JSON.stringify(Condition)?.includes(rows),
    );
    if (found.length === 0) throw new Error(`${role} has no statement on ${rows}`);
    for (const { Condition } of found) change(Condition);
  };
};

/** Each role that writes to the ledger, once with every attribute and once with every record. */
const ledgerMutations = [
  ['AdmissionRole', 'i-*'],
  ['DispatchRole', 'i-*'],
  ['DispatchRole', 'breaker *'],
  ['ResultsRole', 'i-*'],
  ['CancellationRole', 'i-*'],
  ['RemediationRole', 'i-*'],
  ['RemediationRole', 'breaker *'],
  ['TerminationsRole', 'i-*'],
  ['TerminationsRole', 'breaker *'],
  ['ReconcileRole', 'i-*'],
  ['WorkflowStateMachineRole', 'i-*'],
  ['WorkflowStateMachineRole', 'breaker *'],
].flatMap(([role = '', rows = '']): Mutation[] => [
  {
    name: `door open: ${role} writes every attribute of ${rows}`,
    apply: ledgerWrites(role, rows, (condition) => {
      delete condition['ForAllValues:StringEquals'];
    }),
    turnsRed: 'a role that was taken over writes its own attributes alone',
  },
  {
    name: `door open: ${role} writes the attributes of ${rows} in every row`,
    apply: ledgerWrites(role, rows, (condition) => {
      delete condition['ForAllValues:StringLike'];
    }),
    turnsRed: 'a role that was taken over writes its own attributes alone',
  },
]);

/** Each queue and its dead letters, by the logical id without its hash. */
const queues = ['Admission', 'Dispatch', 'Results', 'Terminations', 'ClusterdemoCluster'].flatMap((stage) => [
  `${stage}Queue`,
  `${stage}QueueDeadLetters`,
]);

/** Every statement by which a queue or its dead letters reject other principals, each left out once. */
const queueMutations = queues.flatMap((queue) =>
  ['sqs:SendMessage', 'sqs:ReceiveMessage'].map(
    (action): Mutation => ({
      name: `door open: ${action} on ${queue}`,
      apply: (copy) => {
        const { Statement } = copy.resource('AWS::SQS::QueuePolicy', `${queue}Policy`).Properties['PolicyDocument'];
        for (const one of Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Deny'))
          one.Action = [one.Action].flat().filter((each: string) => each !== action);
      },
      turnsRed: 'a message that another principal sends is in no queue, and none is taken out',
    }),
  ),
);

/** Each queue and its dead letters, once without the list of queues whose dead-letter queue it may be. */
const redriveMutations = queues.map(
  (queue): Mutation => ({
    name: `door open: ${queue} takes the dead letters of any queue`,
    apply: (copy) => {
      delete copy.resource('AWS::SQS::Queue', queue).Properties['RedriveAllowPolicy'];
    },
    turnsRed: 'a queue of ours is the dead letters of no other queue',
  }),
);

/** Mistakes in the policies that reject other principals. */
export const doorMutations: readonly Mutation[] = [
  {
    name: 'door open: the bus has no policy',
    apply: (copy) => copy.drop(busPolicy, 'BusPublishers'),
    turnsRed: 'an event that another principal puts is in no audit trail',
  },
  {
    name: 'door open: the audit trail listens to the default bus',
    apply: (copy) => {
      delete copy.resource('AWS::Events::Rule', 'AuditEvents').Properties['EventBusName'];
    },
    turnsRed: 'an event that another principal puts is in no audit trail',
  },
  {
    name: 'door shut: a publisher is missing in the policy of the bus',
    apply: (copy) => {
      copy
        .resource(busPolicy, 'BusPublishers')
        .Properties['Statement'].Condition.ArnNotEquals['aws:PrincipalArn'].shift();
    },
    turnsRed: 'two tagged launches are released',
  },
  {
    name: 'door open: one entry in our name is enough',
    apply: telling((condition) => {
      condition['ForAnyValue:StringEquals'] = condition['ForAllValues:StringEquals'];
      delete condition['ForAllValues:StringEquals'];
    }),
    turnsRed: 'a role of ours publishes under no other name',
  },
  {
    name: 'door open: an entry without a source',
    apply: telling((condition) => {
      delete condition['Null'];
    }),
    turnsRed: 'a role of ours publishes under no other name',
  },
  {
    name: 'door open: the audit trail takes lines from any rule',
    apply: writing((condition) => {
      delete condition['ArnEquals'];
    }),
    turnsRed: 'a line that another rule sends is in no audit trail',
  },
  ...queueMutations,
  ...redriveMutations,
  ...ledgerMutations,
  ...[0, 1].map(
    (index): Mutation => ({
      name: `door open: the ledger's policy lacks its statement ${index + 1}`,
      apply: (copy) => {
        copy
          .resource('AWS::DynamoDB::Table', 'Ledger')
          .Properties['ResourcePolicy'].PolicyDocument.Statement.splice(index, 1);
      },
      turnsRed: 'a row that another principal writes stays as it is',
    }),
  ),
  {
    name: 'door open: the name of an execution can be guessed',
    apply: (copy) =>
      copy.rebundle('admission', {
        file: 'lambdas/adapters/executions.ts',
        within: 'drawName',
        find: "randomBytes(8).toString('hex')",
        to: "'0'.repeat(16)",
      }),
    turnsRed: 'a name that is guessed takes no execution from a node',
  },
  {
    name: "door shut: a writer is missing in the ledger's policy",
    apply: (copy) => {
      copy
        .resource('AWS::DynamoDB::Table', 'Ledger')
        .Properties['ResourcePolicy'].PolicyDocument.Statement.at(-1)
        .Condition.ArnNotEquals['aws:PrincipalArn'].shift();
    },
    turnsRed: 'two tagged launches are released',
  },
  {
    name: 'door shut: reconcile may not write terminations',
    apply: (copy) => {
      const { Statement } = copy.resource('AWS::SQS::QueuePolicy', 'TerminationsQueuePolicy').Properties[
        'PolicyDocument'
      ];
      for (const { Condition } of Statement) Condition?.ArnNotEquals?.['aws:PrincipalArn']?.splice(-1);
    },
    turnsRed: 'a termination without an event ends the node',
  },
];
