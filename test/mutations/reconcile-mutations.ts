import type { ScenarioName } from '../scenarios/registry.ts';
import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

const inReconcile = (file: string, within: string, find: string, to: string) =>
  source('reconcile', file, within, find, to);
const missed: ScenarioName = 'a launch without an event is found';

/** Mistakes in reconcile, and in what invokes it. */
export const reconcileMutations: readonly Mutation[] = [
  {
    name: 'the schedule is turned off',
    apply: (copy) => {
      copy.resource('AWS::Scheduler::Schedule', 'Reconcile').Properties['State'] = 'DISABLED';
    },
    turnsRed: missed,
  },
  {
    name: 'an admission is published before it is begun',
    apply: inReconcile(
      'lambdas/admission/admit-all.ts',
      'admitSome',
      'if (!$ENDED) await start($MACHINE, $EXECUTION, runKeyOf($LAUNCH));',
      "if (!(await tryPublish([admissionEvent(admission, $EXECUTION, '')]))) throw new Error('planted'); if (!$ENDED) await start($MACHINE, $EXECUTION, runKeyOf($LAUNCH));",
    ),
    turnsRed: 'a launch without an event is found while the bus takes no events',
  },
  {
    name: 'the schedule comes once an hour',
    apply: (copy) => {
      copy.resource('AWS::Scheduler::Schedule', 'Reconcile').Properties['ScheduleExpression'] = 'rate(1 hour)';
    },
    turnsRed: missed,
  },
  {
    name: 'reconcile reads only the first page of the fleet',
    apply: inReconcile(
      'lambdas/adapters/instances.ts',
      'taggedInstances',
      'yield instancesIn($PAGE);',
      '{ yield instancesIn($PAGE); break; }',
    ),
    turnsRed: 'every page of the fleet is read',
  },
  {
    name: 'reconcile admits what was in service before',
    apply: inReconcile('lambdas/reconcile/decide.ts', 'decideInstance', '$BEGUN || !isStale($LAUNCH, $NOW)', 'true'),
    turnsRed: 'an instance that was in service before it was tagged is left alone',
  },
  {
    name: 'reconcile ignores the age of an end that is missing',
    apply: inReconcile('lambdas/reconcile/decide.ts', 'decideInstance', '-strandedAfterMs', 'Number.POSITIVE_INFINITY'),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'reconcile treats a running command as ended',
    apply: inReconcile(
      'lambdas/reconcile/overdue.ts',
      'settleCommand',
      '$INVOCATION !== undefined && hasEnded($INVOCATION)',
      '$INVOCATION !== undefined',
    ),
    turnsRed: 'a command that still runs is not taken for one that ended',
  },
  {
    name: 'reconcile looks for no claim whose command is not known',
    apply: inReconcile('lambdas/reconcile/overdue.ts', 'settleOverdue', '$UNKNOWN.length === 0', 'true'),
    turnsRed: 'a command that no row knows is found by its comment',
  },
  {
    name: 'reconcile sees no instance that is gone',
    apply: inReconcile(
      'lambdas/reconcile/decide.ts',
      'decideInstance',
      'terminationStates.includes($INSTANCE.state)',
      'false',
    ),
    turnsRed: 'a termination without an event ends the node',
  },
  {
    name: 'reconcile does not stop what it ends',
    apply: inReconcile(
      'lambdas/reconcile/stranded.ts',
      'endStranded',
      'if ($EXECUTION !== undefined) await stop(stateMachine, $EXECUTION, stranded);',
      '',
    ),
    turnsRed: 'a node that hangs in its execution is ended',
  },
];
