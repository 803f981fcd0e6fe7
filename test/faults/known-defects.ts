import type { Copy } from '../mutations/assembly.ts';
import { source, way } from '../mutations/plant.ts';

/** A mistake in the product that the matrix must find. */
export interface KnownDefect {
  readonly name: string;
  readonly apply: (copy: Copy) => void | Promise<void>;
}

/**
 * Deliberate defects of the product. Each is found within the default runs:
 * docs/operate/what-happens-to-a-failed-node.md has the table.
 */
export const knownDefects: readonly KnownDefect[] = [
  {
    name: 'no conditional write: every invocation claims the node',
    apply: source(
      'dispatch',
      'domain/run-changes.ts',
      'runChanges',
      "'attribute_not_exists(#token) AND attribute_not_exists(#cancelledAt)'",
      "'(attribute_exists(#token) OR attribute_not_exists(#token)) AND attribute_not_exists(#cancelledAt)'",
    ),
  },
  {
    name: 'a token is answered without a check of the command id',
    apply: source(
      'results',
      'lambdas/results/decide.ts',
      'ownerOf',
      '$RUN.commandId === $COMMAND_ID || ($RUN.commandId === undefined && $RUN.batchId !== undefined && $RUN.batchId === $INVOCATION.comment)',
      '$RUN.token !== undefined || ($RUN.commandId === undefined && $RUN.batchId !== undefined && $RUN.batchId === $INVOCATION.comment)',
    ),
  },
  {
    name: 'reconcile ends nodes of any age',
    apply: source(
      'reconcile',
      'lambdas/reconcile/decide.ts',
      'decideInstance',
      '$LEFT < -strandedAfterMs',
      '$LEFT > -strandedAfterMs',
    ),
  },
  {
    name: 'reconcile never asks for a result that is overdue',
    apply: source(
      'reconcile',
      'lambdas/reconcile/decide.ts',
      'decideInstance',
      'isOverdue($RUN, $NOW)',
      'isOverdue($RUN, 0)',
    ),
  },
  {
    name: 'release before proof: no pod has to run',
    apply: source(
      'cluster',
      'lambdas/cluster/decide.ts',
      'decideRelease',
      "if ($PROOF === undefined) return { step: 'prove' };",
      '',
    ),
  },
  {
    name: 'a final outcome is tried again: the time-out among them',
    apply: way(
      /\["command-not-delivered","concurrent-run"\],"IntervalSeconds":30,"MaxAttempts":1/,
      '["command-not-delivered","concurrent-run","States.Timeout"],"IntervalSeconds":30,"MaxAttempts":300',
    ),
  },
  {
    name: 'the deadline is not enforced',
    apply: way(/"TimeoutSeconds":"[^"]*"/, '"TimeoutSeconds":86400'),
  },
  {
    name: 'entries that the bus refused are forgotten',
    apply: source(
      'admission',
      'lambdas/adapters/bus.ts',
      'put',
      'if (($ANSWER.FailedEntryCount ?? 0) === 0) return;',
      'return;',
    ),
  },
  {
    name: 'the breaker never opens',
    apply: source(
      'remediation',
      'domain/breaker.ts',
      'isOverLimits',
      "if ($STATE === 'open' || $FAILED.length < $FAILURES) return false;",
      'return false;',
    ),
  },
  {
    name: 'every pool is replaced, whatever its policy',
    apply: source(
      'remediation',
      'lambdas/remediation/handle-failure.ts',
      'handleFailure',
      'policyOf($RULES, $NODE.pool).onFailure',
      "'replace'",
    ),
  },
  {
    name: 'the audit trail takes no versions',
    apply: (copy) => {
      const rule = copy.resource('AWS::Events::Rule', 'AuditEvents');
      rule.Properties['EventPattern'] = { source: ['airlock'], 'detail-type': [{ 'anything-but': 'Node Released' }] };
    },
  },
];
