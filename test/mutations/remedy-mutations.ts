import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

/**
 * Mistakes in what distinguishes a node from an instance that an attacker tagged, and in the handling of AWS errors.
 */
export const remedyMutations: readonly Mutation[] = [
  {
    name: 'a launch is admitted whatever its instance profile',
    apply: source(
      'admission',
      'lambdas/admission/decide.ts',
      'isNode',
      '$PROFILES === undefined',
      '$PROFILES !== null',
    ),
    turnsRed: 'an instance without a profile of nodes is none of ours, whatever its tags say',
  },
  {
    name: 'reconcile admits whatever the instance profile',
    apply: source(
      'reconcile',
      'lambdas/reconcile/decide.ts',
      'admissionOf',
      '$RUN === undefined && !isNode($INSTANCE, $ADMISSION.launch, $CONFIG)',
      '$RUN === null && !isNode($INSTANCE, $ADMISSION.launch, $CONFIG)',
    ),
    turnsRed: 'an instance without a profile of nodes is none of ours, whatever its tags say',
  },
  {
    name: 'reconcile admits a launch of any age',
    apply: source('reconcile', 'lambdas/reconcile/decide.ts', 'decideInstance', '!isStale($LAUNCH, $NOW)', '$LAUNCH'),
    turnsRed: 'an instance that is tagged an hour after its launch is left alone',
  },
  {
    name: 'an event admits a launch of any age',
    apply: source(
      'admission',
      'lambdas/admission/handler.ts',
      'admit',
      'isStale($ADMISSION.launch, $NOW)',
      'isStale($ADMISSION.launch, 0)',
    ),
    turnsRed: 'an event that comes an hour late admits nothing',
  },
  {
    name: 'a node that was found late is replaced like any other',
    apply: source(
      'remediation',
      'lambdas/remediation/guards.ts',
      'guards',
      '$FIRST === undefined || wasLate($FIRST, $POOLS)',
      '$FIRST === undefined',
    ),
    turnsRed: 'a gated node that is tagged an hour late is never ended',
  },
  {
    name: 'an instance is ended whatever its profile',
    apply: source(
      'remediation',
      'lambdas/remediation/guards.ts',
      'guards',
      'isNode($NODE, $INSTANCE, $POOLS)',
      '$INSTANCE',
    ),
    turnsRed: 'an instance that got another profile is not ended',
  },
  {
    name: 'condition dropped: the instance profile of TerminateInstances',
    apply: (copy) => {
      const { Statement } = copy.resource('AWS::IAM::Policy', 'RemediationRole').Properties['PolicyDocument'];
      const one = Statement.find(({ Condition }: { Condition?: { ArnLike?: object } }) => Condition?.ArnLike);
      delete one.Condition.ArnLike;
    },
    turnsRed: 'IAM lets no instance be ended that has no profile of nodes',
  },
  {
    name: 'a probe is one until its deadline',
    apply: source(
      'dispatch',
      'domain/breaker.ts',
      'probeUntil',
      'Math.min(Date.parse($DEADLINE), $NOW + probeMs)',
      'Date.parse($DEADLINE)',
    ),
    turnsRed: 'a probe that hangs gives way to another node after ten minutes',
  },
  {
    name: 'a message for a cluster is dead after the first try',
    apply: (copy) => {
      copy.resource('AWS::SQS::Queue', 'ClusterdemoClusterQueue').Properties['RedrivePolicy'].maxReceiveCount = 1;
    },
    turnsRed: 'a release that Lambda has no room for waits for minutes',
  },
  {
    name: 'a cancellation that SSM refuses is a failure',
    apply: source(
      'terminations',
      'lambdas/adapters/aws-errors.ts',
      'awsErrors',
      "InvalidInstanceId: ['done', $WHY]",
      "InvalidInstanceId: ['retry', $WHY]",
    ),
    turnsRed: 'an instance that goes away ends at once',
  },
  {
    name: 'a launch that EC2 does not show yet waits out its visibility',
    apply: source('admission', 'lambdas/admission/handler.ts', 'notVisibleYet', '8', '180'),
    turnsRed: 'a launch that EC2 does not show yet is admitted seconds after it does',
  },
];
