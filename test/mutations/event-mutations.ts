import type { ScenarioName } from '../scenarios/registry.ts';
import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

const queue = 'AWS::SQS::Queue';
const policy = 'AWS::SQS::QueuePolicy';
const rule = 'AWS::Events::Rule';
const mapping = 'AWS::Lambda::EventSourceMapping';

const released: ScenarioName = 'two tagged launches are released';

/** Mistakes between an event and its function: rules, queues, and the audit trail. */
export const eventMutations: readonly Mutation[] = [
  {
    name: 'queue policy missing: launches',
    apply: (copy) => copy.drop(policy, 'AdmissionQueuePolicy'),
    turnsRed: released,
  },
  {
    name: 'queue policy missing: results',
    apply: (copy) => copy.drop(policy, 'ResultsQueuePolicy'),
    turnsRed: released,
  },
  {
    name: 'queue policy missing: dead letters of launches',
    apply: (copy) => copy.drop(policy, 'AdmissionQueueDeadLetters'),
    turnsRed: 'events that a queue does not take are kept as dead letters',
  },
  {
    name: 'queue policy missing: dead letters of results',
    apply: (copy) => copy.drop(policy, 'ResultsQueueDeadLetters'),
    turnsRed: 'results that a queue does not take are kept as dead letters',
  },
  {
    name: 'queue policy missing: terminations',
    apply: (copy) => copy.drop(policy, 'TerminationsQueuePolicy'),
    turnsRed: 'an instance that goes away ends at once',
  },
  {
    name: 'rule leaves instances out that shut down',
    apply: (copy) => {
      const pattern = copy.resource(rule, 'TerminationsEnded').Properties['EventPattern'];
      pattern.detail.state = pattern.detail.state.filter((state: string) => state !== 'shutting-down');
    },
    turnsRed: 'an instance that goes away ends at once',
  },
  {
    name: 'a departure is believed without a look at EC2',
    apply: source(
      'terminations',
      'lambdas/terminations/decide.ts',
      'decideTermination',
      'whyGone($RUN, $INSTANCE, Date.parse($AT))',
      "(whyGone($RUN, $INSTANCE, 0) ?? 'said so')",
    ),
    turnsRed: 'a departure that EC2 does not show ends nothing',
  },
  {
    name: "queue policy for another rule's ARN",
    apply: (copy) => {
      const { Statement } = copy.resource(policy, 'AdmissionQueuePolicy').Properties['PolicyDocument'];
      const [id] = copy.all(rule).find(([name]) => name.startsWith('ResultsEnded')) ?? [];
      for (const one of Statement)
        if (one.Condition.ArnEquals) one.Condition.ArnEquals = { 'aws:SourceArn': { 'Fn::GetAtt': [id, 'Arn'] } };
    },
    turnsRed: released,
  },
  {
    name: "rule's detail-type misspelt: launches",
    apply: (copy) =>
      copy.rewrite(copy.resource(rule, 'AdmissionRunning'), 'EventPattern', 'State-change', 'State-Change'),
    turnsRed: released,
  },
  {
    name: 'rule matches the other command event',
    apply: (copy) =>
      copy.rewrite(
        copy.resource(rule, 'ResultsEnded'),
        'EventPattern',
        'EC2 Command Invocation Status',
        'EC2 Command Status',
      ),
    turnsRed: released,
  },
  {
    name: "rule's document prefix misspelt",
    apply: (copy) => copy.rewrite(copy.resource(rule, 'ResultsEnded'), 'EventPattern', 'airlock-', 'airlock_'),
    turnsRed: released,
  },
  {
    name: 'rule leaves failed commands out',
    apply: (copy) => {
      const pattern = copy.resource(rule, 'ResultsEnded').Properties['EventPattern'];
      pattern.detail.status = pattern.detail.status.filter((status: string) => status !== 'Failed');
    },
    turnsRed: 'a proof that fails ends in quarantine',
  },
  {
    name: "audit rule's source misspelt",
    apply: (copy) => copy.rewrite(copy.resource(rule, 'AuditEvents'), 'EventPattern', 'airlock', 'air-lock'),
    turnsRed: released,
  },
  {
    name: 'log group policy missing',
    apply: (copy) => copy.drop('AWS::Logs::ResourcePolicy', 'Audit'),
    turnsRed: released,
  },
  {
    name: 'log group policy names the group without its streams',
    apply: (copy) => copy.rewrite(copy.resource('AWS::Logs::ResourcePolicy', 'Audit'), 'PolicyDocument', ':*"}', '"}'),
    turnsRed: released,
  },
  {
    name: 'batch failure not reported: the mapping does not ask for it',
    apply: (copy) => {
      delete copy.resource(mapping, 'Dispatch').Properties['FunctionResponseTypes'];
    },
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'dead after three looks',
    apply: (copy) => {
      copy.resource(queue, 'DispatchQueue').Properties['RedrivePolicy'].maxReceiveCount = 3;
    },
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'visibility too short for the function',
    apply: (copy) => {
      copy.resource(queue, 'DispatchQueue').Properties['VisibilityTimeout'] = 20;
    },
    turnsRed: released,
  },
];
