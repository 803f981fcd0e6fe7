import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';
import type { ScenarioName } from './scenarios.ts';

const inSweep = (file: string, from: string | RegExp, to: string) => source('sweep', file, from, to);
const missed: ScenarioName = 'a launch that no event told of is found';

/** Mistakes in the sweep, and in what invokes it. */
export const sweepMutations: readonly Mutation[] = [
  {
    name: 'the schedule is turned off',
    apply: (copy) => {
      copy.resource('AWS::Scheduler::Schedule', 'Sweep').Properties['State'] = 'DISABLED';
    },
    turnsRed: missed,
  },
  {
    name: 'the schedule comes once an hour',
    apply: (copy) => {
      copy.resource('AWS::Scheduler::Schedule', 'Sweep').Properties['ScheduleExpression'] = 'rate(1 hour)';
    },
    turnsRed: missed,
  },
  {
    name: 'the sweep reads the first page of the fleet alone',
    apply: inSweep(
      'lambdas/adapters/instances.ts',
      '} while (token);\n}\n\nfunction read',
      '} while (token === "");\n}\n\nfunction read',
    ),
    turnsRed: 'every page of the fleet is swept',
  },
  {
    name: 'the sweep admits what was in service before',
    apply: inSweep('lambdas/sweep/decide.ts', 'return begun || !isStale(node, now) ?', 'return true ?'),
    turnsRed: 'an instance that was in service before it was tagged is left alone',
  },
  {
    name: 'the sweep ignores the age of an end that is missing',
    apply: inSweep('lambdas/sweep/decide.ts', 'left < -strandedAfterMs)', 'left < Number.POSITIVE_INFINITY)'),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'the sweep takes a command that runs for one that ended',
    apply: inSweep(
      'lambdas/sweep/overdue.ts',
      'standing !== undefined && hasEnded(standing)',
      'standing !== undefined',
    ),
    turnsRed: 'a command that still runs is not taken for one that ended',
  },
  {
    name: 'the sweep looks for no claim whose command is not known',
    apply: inSweep('lambdas/sweep/overdue.ts', 'unknown.length === 0 ? []', 'true ? []'),
    turnsRed: 'a command that no row knows is found by its comment',
  },
  {
    name: 'the sweep sees no instance that is gone',
    apply: inSweep('lambdas/sweep/decide.ts', 'departedStates.includes(instance.state)', 'false'),
    turnsRed: 'a departure that no event told of ends the node',
  },
  {
    name: 'the sweep does not stop what it ends',
    apply: inSweep('lambdas/sweep/stranded.ts', /if \(execution !== undefined\) await stop\([^;]*;/, ''),
    turnsRed: 'a node that hangs in its execution is ended',
  },
];
