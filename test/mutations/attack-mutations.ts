import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

const refused = 'a call that no row allows cancels nothing, ends nothing and lets nothing into service';
const commands = 'lambdas/adapters/commands.ts';

/** Guards against attacks that no policy stops, each removed once. */
export const attackMutations: readonly Mutation[] = [
  {
    name: 'a run is cancelled whenever a call asks for it',
    apply: source(
      'cancellation',
      'lambdas/cancellation/decide.ts',
      'canCancel',
      '$RUN.failure !== undefined || Date.parse($RUN.launch.deadline) <= $NOW',
      'true',
    ),
    turnsRed: refused,
  },
  {
    name: 'an instance is let into service before its run has ended',
    apply: source(
      'remediation',
      'lambdas/remediation/keep.ts',
      'keep',
      'if ($OUTCOME === undefined) throw new Refused($WHY);',
      '',
    ),
    turnsRed: refused,
  },
  {
    name: "a node's claim about its installation is not compared",
    apply: source(
      'results',
      'lambdas/results/decide.ts',
      'decideAnswer',
      '$SENT && contradiction($SENT, $RESULT)',
      'undefined',
    ),
    turnsRed: 'a node that says it was installed something else has proven nothing',
  },
  {
    name: 'a command names no version of its document',
    apply: source('dispatch', commands, 'sendCommand', "DocumentVersion: '1'", ''),
    turnsRed: 'another version of a document runs nowhere',
  },
  {
    name: 'a command names no hash of its document',
    apply: source('dispatch', commands, 'sendCommand', 'DocumentHash: $HASH', ''),
    turnsRed: 'a document of the same name with another text runs nowhere',
  },
];
