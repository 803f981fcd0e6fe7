/** A mistake in a guard of one source, and the test file that must see it without a cloud. */
export interface GuardMutation {
  readonly name: string;
  /** The source, from the project's root. */
  readonly file: string;
  /** A text in it, and what takes its place. */
  readonly from: string;
  readonly to: string;
  /** The test file. */
  readonly turnsRed: string;
}

const decisions = 'test/lambdas/cluster/decide.test.ts';
const hostile = 'test/lambdas/cluster/hostile.test.ts';
const proof = 'test/lambdas/cluster/proof.test.ts';

const of =
  (file: string, turnsRed: string) =>
  (name: string, from: string, to = ''): GuardMutation => ({ name, file, from, to, turnsRed });

const authorize = of('lambdas/cluster/authorize.ts', 'test/lambdas/cluster/authorize.test.ts');
const decide = of('lambdas/cluster/decide.ts', decisions);
const patch = of('lambdas/cluster/patch.ts', decisions);
const settle = of('lambdas/results/decide.ts', 'test/lambdas/results/claims.test.ts');

const agents = of('domain/agents.ts', 'test/lambdas/dispatch/decide.test.ts');
const waiting = of('lambdas/dispatch/waiting.ts', 'test/lambdas/dispatch/decide.test.ts');

/** Guards that decide by a row or a Node alone: each is taken out once. */
export const guardMutations: readonly GuardMutation[] = [
  agents(
    'an arrival counts however late it is',
    'Math.min(longestArrival, Math.max(0, seconds))',
    'Math.max(0, seconds)',
  ),
  agents('one straggler moves the looks', 'quantile(0.9)', 'quantile(1)'),
  agents('a node without a pool is taken for a pool', 'pool !== instanceId && ', ''),
  waiting('a crowd is looked at each second', 'Math.max(every, Math.ceil(nodes / looksPerSecond))', 'every'),
  waiting('a wait has no longest time', 'Math.min(wished, longestWait, ', 'Math.min(wished, '),
  waiting('the last look is missed', ' - lastLook', ''),
  authorize('a node of another cluster is acted on', 'if (node.cluster !== cluster)', 'if (false)'),
  authorize('a run that has ended is acted on', 'if (row.outcome !== undefined)', 'if (false)'),
  authorize('a node is released after a failure', 'if (failure !== undefined)', 'if (false)'),
  authorize(
    'a cancelled run is released',
    "if (cancelledAt !== undefined) return { refused: 'the run is cancelled' };",
  ),
  authorize('a proof of an earlier attempt releases', ' || provenToken !== token'),
  authorize(
    'a node is closed without an earlier launch',
    "if (node.relaunched !== true) return { refused: 'no earlier launch of the instance was admitted' };",
  ),
  authorize(
    'a node is closed in the middle of its run',
    "if (token !== undefined) return { refused: 'the run has already sent a command' };",
  ),
  authorize('a run without a verdict has substitutes launched', 'disposition === undefined || ', ''),
  of('lambdas/cluster/messages.ts', 'test/lambdas/cluster/messages.test.ts')(
    'a message counts without the text that its run drew',
    'row?.nonce === undefined || row.nonce !== nonce',
    'row?.nonce === undefined',
  ),
  of('lambdas/cancellation/decide.ts', 'test/lambdas/cancellation/decide.test.ts')(
    'a run is cancelled that neither failed nor is late',
    'return row.failure !== undefined || Date.parse(row.node.deadline) <= now;',
    'return true;',
  ),
  of('lambdas/cluster/lookup.ts', 'test/lambdas/cluster/lookup.test.ts')(
    'a Node of another boot is the one of the launch',
    "if (boot === 'any' || node.boot?.id === boot.id) return undefined;",
    'return undefined;',
  ),
  of('lambdas/cluster/lookup.ts', hostile)(
    'of two Nodes with one providerID the first is released',
    'if (others.length === 0) return node;',
    'return node;',
  ),
  decide('the gate is lifted without a proof of this call', "if (proof === undefined) return { kind: 'prove' };"),
  decide(
    'the gate is lifted before the node is ready',
    "if (waiting !== undefined) return { kind: 'wait', ...waiting };",
  ),
  decide(
    'a label of an earlier version stays behind the gate',
    "    return { kind: 'take-back', patch: labelPatch(node, gateKey, {}) };",
    "    return { kind: 'take-back', patch: [] };",
  ),
  decide('a node that was released before is left alone after any failure', " && failure.outcome === 'breaker-open'"),
  patch(
    'a release lands on a Node in another boot',
    "{ op: 'test', path: '/status/nodeInfo/bootID', value: host.bootId },",
  ),
  patch(
    'a quarantine leaves the label of a release',
    "op: 'remove', path },\n        ];",
    "op: 'test', path, value: before?.[key] },\n        ];",
  ),
  patch('a quarantine puts no gate back if no taint is', "    { op: 'add', path: '/spec/taints', value: taints },"),
  of('lambdas/cluster/patch.ts', hostile)(
    'the receipt of a quarantine comes with its taints',
    'if (missing.length === 0) return [];',
    'return [];',
  ),
  of('lambdas/cluster/proof.ts', proof)(
    'a pod of another node or RuntimeClass is a proof',
    'if (pod.nodeName !== nodeName || pod.runtimeClassName !== runtimeClass) {',
    'if (false) {',
  ),
  of('lambdas/cluster/proof.ts', proof)(
    'a node without a sandbox image is proven by nothing',
    '    if (image === undefined) {',
    '    if (false) {',
  ),
  settle(
    'what a node says of its handler is not compared',
    "['verb', 'runtime', 'version', 'handler', 'sha256']",
    "['verb', 'runtime', 'version', 'sha256']",
  ),
  settle(
    'what a node says of its checksum is not compared',
    "['verb', 'runtime', 'version', 'handler', 'sha256']",
    "['verb', 'runtime', 'version', 'handler']",
  ),
  settle('a command of another document answers', 'row.document === standing.document &&', 'true &&'),
  settle('a result counts although SSM says that the command failed', "standing.status !== 'Success' || "),
  of('domain/claim-text.ts', 'test/domain/hostile-input.test.ts')(
    'what a node writes stands in a text of ours as it is',
    ".replaceAll(/[^ -~]/g, '?')",
  ),
  of('domain/run-record.ts', 'test/domain/hostile-input.test.ts')(
    'the node of a row may be another than its key names',
    'node?.instanceId === rest.instanceId && sortKeyOf(node) === rest.launchedAt ? node : undefined',
    'node',
  ),
];
