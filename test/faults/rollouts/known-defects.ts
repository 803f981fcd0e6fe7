import { source } from '../../mutations/plant.ts';
import type { KnownDefect } from '../known-defects.ts';

const decide = 'domain/rollout/decide.ts';

/** Deliberate defects of rollouts, each against the rule that must find it. They are played in rollouts only. */
export const rolloutDefects: readonly KnownDefect[] = [
  {
    name: 'a rollout takes out more nodes than may be unavailable',
    apply: source('reconcile', decide, 'startSome', 'Math.max(0, $ROOM)', '$ROOM + 5'),
  },
  {
    name: 'a rollout forgets the nodes that are behind their gates already',
    apply: source('reconcile', decide, 'startSome', '$NODES.filter(({ isGated }) => isGated).length', '0'),
  },
  {
    name: 'a rollout changes a node that is open',
    apply: source(
      'reconcile',
      'lambdas/admission/admit-all.ts',
      'withRelaunched',
      "$LAUNCH.rerun.why === 'rollout'",
      'false',
    ),
  },
  {
    name: 'a node that failed does not stop its rollout',
    apply: source('reconcile', decide, 'failureOf', 'if (failed !== undefined) return $BECAUSE;', ''),
  },
  {
    name: 'the events of a rollout are not published',
    apply: source('reconcile', 'lambdas/reconcile/pass.ts', 'publishFindings', '$ROLLOUT.unpublished.map($EACH)', '[]'),
  },
  {
    name: 'a rollout installs the version that a node has',
    apply: source(
      'reconcile',
      'lambdas/reconcile/rollout-runs.ts',
      'planRolloutRun',
      '{ $LAUNCH, request: { $RUNTIME, version } }',
      '{ launch, request: { runtime, version: was } }',
    ),
  },
  {
    name: "a receipt names the version before the rollout's",
    apply: source(
      'results',
      'lambdas/results/decide.ts',
      'installationOf',
      'const { runtime, version, handler, sha256 } = $SENT;',
      'const { runtime, handler, sha256 } = $SENT; const version = run.launch?.rerun?.was ?? $SENT.version;',
    ),
  },
  {
    name: 'the gate of a node stays after a rollout released it',
    apply: source(
      'cluster',
      'lambdas/cluster/release.ts',
      'release',
      'await writeRelease($NODE, $DECISION, $PORTS);',
      "if (launch.rerun?.why !== 'rollout') await writeRelease($NODE, $DECISION, $PORTS);",
    ),
  },
];
