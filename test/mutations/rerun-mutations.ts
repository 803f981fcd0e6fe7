import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

/** Mistakes about nodes with another run. */
export const rerunMutations: readonly Mutation[] = [
  {
    name: 'a node that is to be re-verified is installed again',
    apply: source('dispatch', 'lambdas/dispatch/decide.ts', 'verbFor', "'prove'", "'install'"),
    turnsRed: 'a released node with another kernel is re-verified, and nothing is installed',
  },
  {
    name: 'a node that could not be re-verified keeps its release',
    apply: source(
      'cluster',
      'lambdas/cluster/decide.ts',
      'decideQuarantine',
      "$FAILURE.outcome === 'breaker-open'",
      'true',
    ),
    turnsRed: 'a released node that lost its runtime gets its gate back, and is not ended',
  },
  {
    name: 'the result of a re-verification counts for nothing',
    apply: source(
      'results',
      'lambdas/results/decide.ts',
      'decideAnswer',
      "$VERB === 'prove' && $OUTCOME === 'proven'",
      'false',
    ),
    turnsRed: 'a released node with another kernel is re-verified, and nothing is installed',
  },
  {
    name: 'reconcile does not see that a node drifted',
    apply: source('reconcile', 'lambdas/reconcile/decide-node.ts', 'decideNode', "$NODE.state === 'drifted'", 'false'),
    turnsRed: 'a released node that lost its runtime gets its gate back, and is not ended',
  },
  {
    name: "reconcile only looks at a node's first run",
    apply: source(
      'reconcile',
      'lambdas/reconcile/latest-runs.ts',
      'readLatestRuns',
      'runs.set(runId(instance), latest)',
      'runs.delete(runId(latest))',
    ),
    turnsRed: 'the result of a re-verification without an event is asked for',
  },
  {
    name: 'nodes that were held are never tried again',
    apply: source('reconcile', 'lambdas/reconcile/decide-reruns.ts', 'isHeld', "$ENDING === 'held'", 'false'),
    turnsRed: 'a pool whose nodes are all held heals by itself, one node before the others',
  },
  {
    name: 'nodes that were held are all tried at once while the breaker is open',
    apply: source(
      'reconcile',
      'lambdas/reconcile/decide-reruns.ts',
      'decideRetries',
      'isOpen($BREAKERS.get($KEY))',
      'false',
    ),
    turnsRed: 'a pool whose nodes are all held heals by itself, one node before the others',
  },
];
