import { type GuardMutation, of } from './guard.ts';

const decisions = 'test/lambdas/cluster/decide.test.ts';
const hostile = 'test/lambdas/cluster/hostile.test.ts';
const proof = 'test/lambdas/cluster/proof.test.ts';
const authorize = of('lambdas/cluster/authorize.ts', 'test/lambdas/cluster/authorize.test.ts');
const decide = of('lambdas/cluster/decide.ts', decisions);
const patch = of('lambdas/cluster/patch.ts', decisions);

/** Mistakes in what the cluster's function decides by a record, a Node or a pod. */
export const clusterGuardMutations: readonly GuardMutation[] = [
  authorize('a node of another cluster is acted on', 'authorize', '$LAUNCH.cluster !== $CLUSTER', 'false'),
  authorize('a run that has ended is acted on', 'authorize', '$RUN.outcome !== undefined', 'false'),
  authorize('a node is released after a failure', 'release', 'if (failure !== undefined) return { refused: $WHY };'),
  authorize('a cancelled run is released', 'release', 'if (cancelledAt !== undefined) return { refused: $WHY };', ''),
  authorize(
    'a run opens a node that an operator quarantined meanwhile',
    'release',
    "operatorAct?.act === 'quarantine' || operatorAct?.act === 'uninstall'",
    "operatorAct?.act === 'uninstall'",
  ),
  authorize(
    'a proof of an earlier attempt releases',
    'release',
    '$INSTALLATION === undefined || $TOKEN === undefined || $PROVEN_TOKEN !== $TOKEN',
    '$INSTALLATION === undefined || $TOKEN === undefined',
  ),
  authorize(
    'a node is closed without an earlier launch',
    'close',
    'if ($LAUNCH.relaunched !== true) return { refused: $WHY };',
    '',
  ),
  authorize(
    'a node is closed in the middle of its run',
    'close',
    'if (token !== undefined) return { refused: $WHY };',
    '',
  ),
  authorize(
    'a run without a verdict has substitutes launched',
    'quarantine',
    "$VERDICT === undefined || $VERDICT === 'hold'",
    "$VERDICT === 'hold'",
  ),
  of('lambdas/cluster/messages.ts', 'test/lambdas/cluster/messages.test.ts')(
    "a message counts without the run's nonce",
    'sortMessages',
    '$RUN?.nonce === undefined || $RUN.nonce !== $NONCE',
    '$RUN?.nonce === undefined',
  ),
  of('lambdas/cluster/lookup.ts', 'test/lambdas/cluster/lookup.test.ts')(
    'a Node of another boot is the one of the launch',
    'otherBoot',
    "if ($BOOT === 'any' || $NODE.boot?.id === $BOOT.id) return undefined;",
    'return undefined;',
  ),
  of('lambdas/cluster/lookup.ts', hostile)(
    'of two Nodes with one providerID the first is released',
    'refuseSeveral',
    'if ($OTHERS.length === 0) return $NODE;',
    'return $NODE;',
  ),
  decide(
    'the gate is lifted without a proof of this call',
    'decideRelease',
    "if ($PROOF === undefined) return { step: 'prove' };",
    '',
  ),
  decide(
    'the gate is lifted before the node is ready',
    'decideRelease',
    "if ($WAITING !== undefined) return { step: 'wait', ...$WAITING };",
    '',
  ),
  decide(
    'a label of an earlier version stays behind the gate',
    'decideRelease',
    'labelPatch($NODE, $GATE_KEY, {})',
    '[]',
  ),
  decide(
    'a node that was released before is not touched after any failure',
    'decideQuarantine',
    "$PROVEN && $LAUNCH.rerun?.released === true && $FAILURE.outcome === 'breaker-open'",
    '$PROVEN && $LAUNCH.rerun?.released === true',
  ),
  patch(
    'a release lands on a Node in another boot',
    'releasePatch',
    "{ op: 'test', path: '/status/nodeInfo/bootID', value: $HOST.bootId }",
    '',
  ),
  patch(
    'a quarantine leaves the label of a release',
    'removal',
    "{ op: 'remove', path }",
    "{ op: 'test', path, value }",
  ),
  patch(
    'a quarantine puts no gate back if no taint is',
    'taintPatch',
    "{ op: 'add', path: '/spec/taints', value: $TAINTS }",
    '',
  ),
  of('lambdas/cluster/patch.ts', hostile)(
    'the receipt of a quarantine comes with its taints',
    'taintPatch',
    'if ($MISSING.length === 0) return [];',
    'return [];',
  ),
  of('lambdas/cluster/proof.ts', proof)(
    'a pod of another node or RuntimeClass is a proof',
    'PodProof.prove',
    '$POD.nodeName !== $NODE_NAME || $POD.runtimeClassName !== $RUNTIME_CLASS',
    'false',
  ),
  of('lambdas/cluster/proof.ts', proof)(
    'a node without a sandbox image is proven by nothing',
    'PodProof.constructor',
    '$IMAGE === undefined',
    'false',
  ),
];
