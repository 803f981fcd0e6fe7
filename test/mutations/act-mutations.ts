import { type GuardMutation, of } from './guard.ts';

const reruns = of('lambdas/reconcile/decide-reruns.ts', 'test/lambdas/reconcile/requested.test.ts');

/** Mistakes in what follows from an act of an operator. */
export const actMutations: readonly GuardMutation[] = [
  of('lambdas/reconcile/decide.ts', 'test/lambdas/reconcile/decide.test.ts')(
    'reconcile tries a node that an operator released by hand',
    'decideInstance',
    '$RUN.operatorAct !== undefined',
    'false',
  ),
  of('lambdas/reconcile/decide-node.ts', 'test/lambdas/reconcile/decide-node.test.ts')(
    'reconcile verifies a node that an operator changed by hand',
    'decideNode',
    '$RUN.operatorAct !== undefined',
    'false',
  ),
  reruns(
    'a node that an operator opened may be terminated after a retry',
    'planRerun',
    '$RUN.operatorAct?.opened === true',
    'false',
  ),
  reruns(
    'an operator has a node verified that never had a proof',
    'planRequestedRun',
    "refusalOf('verify', $BEFORE) !== undefined",
    'false',
  ),
  reruns(
    'a version that is withdrawn by now is proven again',
    'planRequestedRun',
    'versionRefusal($REQUEST, $VERSIONS) !== undefined',
    'false',
  ),
  of('lambdas/reconcile/reruns.ts', 'test/lambdas/reconcile/start-reruns.test.ts')(
    'a run begins although an operator acted after it was planned',
    'startReruns',
    '!isSameAct($ONE, $OTHER)',
    'false',
  ),
  of('domain/run-changes.ts', 'test/cli/record-act.test.ts')(
    'an act is written to a run that another follows by now',
    'runChanges',
    "'attribute_exists(#instanceId) AND (attribute_not_exists(#rerunAt) OR #rerunAt < :before)'",
    "'attribute_exists(#instanceId)'",
  ),
  of('lambdas/reconcile/decide-node.ts', 'test/lambdas/reconcile/decide-node.test.ts')(
    'a Node that registered again stays behind its gate',
    'hasRegisteredAgain',
    'Date.parse($CREATED_AT) > Date.parse($ENDED_AT)',
    'false',
  ),
  of('lambdas/reconcile/decide-node.ts', 'test/lambdas/reconcile/decide-node.test.ts')(
    'a node that is open again after a hand quarantine is not reported',
    'decideByHand',
    '$CLOSED || Math.abs($AGE) < closesWithinMs',
    'true',
  ),
  of('cli/acts/unrecorded.ts', 'test/cli/unrecorded.test.ts')(
    'an uninstallation passes over a node whose record has expired',
    'findUnrecorded',
    'pool === undefined || own === pool',
    'false',
  ),
  of('domain/act-refusals.ts', 'test/domain/act-refusals.test.ts')(
    'verify does not say that a version is withdrawn',
    'staleRefusal',
    '$REQUEST && versionRefusal($REQUEST, $VERSIONS)',
    'undefined as unknown as Failure',
  ),
  of('lambdas/remediation/decide.ts', 'test/lambdas/remediation/decide.test.ts')(
    'runs that operators stopped open the breaker',
    'isEvidence',
    "$OUTCOME !== 'closed-by-operator'",
    'true',
  ),
  of('cli/acts/node-patches.ts', 'test/kubernetes/by-hand.test.ts')(
    'a node that is released by hand looks like a proven one',
    'releaseByHandPatch',
    'releasedByHand',
    "'released'",
  ),
  of('domain/act-refusals.ts', 'test/domain/act-refusals.test.ts')(
    'a released node is installed again although nothing was changed by hand',
    'refusalOf',
    '!asksForRun($BEFORE)',
    'true',
  ),
  of('cli/acts/find-launches.ts', 'test/cli/record-act.test.ts')(
    'an act that waited for a confirmation undoes what another operator did',
    'lookAgain',
    'refusalSince($ACT, $RUN, $LATEST)',
    'undefined',
  ),
];
