import { evidenceMutations } from './evidence-mutations.ts';
import { type GuardMutation, of } from './guard.ts';
import { pinMutations } from './pin-mutations.ts';

const decisions = 'test/lambdas/cluster/decide.test.ts';
const hostile = 'test/lambdas/cluster/hostile.test.ts';
const proof = 'test/lambdas/cluster/proof.test.ts';

const authorize = of('lambdas/cluster/authorize.ts', 'test/lambdas/cluster/authorize.test.ts');
const decide = of('lambdas/cluster/decide.ts', decisions);
const patch = of('lambdas/cluster/patch.ts', decisions);
const settle = of('lambdas/results/decide.ts', 'test/lambdas/results/claims.test.ts');
const answering = of('lambdas/results/decide.ts', 'test/lambdas/results/decide.test.ts');

const alarms = of('lib/alarm-table.ts', 'test/lib/alarms.test.ts');
const incidents = of('domain/incidents.ts', 'test/domain/incidents.test.ts');
const poolNames = of('domain/ledger.ts', 'test/domain/incidents.test.ts');
const messages = of('domain/incident-message.ts', 'test/domain/incidents.test.ts');

const agents = of('domain/agents.ts', 'test/lambdas/dispatch/decide.test.ts');
const waiting = of('lambdas/dispatch/waiting.ts', 'test/lambdas/dispatch/decide.test.ts');

const dispatch = of('lambdas/dispatch/decide.ts', 'test/lambdas/dispatch/decide.test.ts');
const reruns = of('lambdas/reconcile/decide-reruns.ts', 'test/lambdas/reconcile/requested.test.ts');

const doctor = of('domain/doctor/look.ts', 'test/doctor/findings.test.ts');
const alarming = of('domain/findings.ts', 'test/doctor/wait.test.ts');

const download = of('lambdas/mirror/decide.ts', 'test/lambdas/mirror/keep-file.test.ts');
const keeping = of('lambdas/mirror/keep-file.ts', 'test/lambdas/mirror/keep-file.test.ts');
const storing = of('lambdas/adapters/artifact-store.ts', 'test/lambdas/adapters/artifact-store.test.ts');
const signing = of('lambdas/adapters/mirror-reader.ts', 'test/lambdas/adapters/mirror-reader.test.ts');
const stating = of('domain/mirrored-files.ts', 'test/cli/artifacts.test.ts');
const documents = of('ssm-documents/assemble.ts', 'test/ssm-documents/mirror.test.ts');
const artifacts = of('cli/artifacts/artifacts.ts', 'test/cli/artifacts.test.ts');

const ending = of('lambdas/remediation/guards.ts', 'test/lambdas/remediation/guards.test.ts');

/** Guards that decide only by a record or a Node: each is removed once. */
export const guardMutations: readonly GuardMutation[] = [
  answering('a killed script counts as a failed installation', 'withoutResult', 'responseCode !== -1', 'true'),
  ending(
    'a node that was open is ended without a plan of reconcile',
    'hasHadItsTime',
    "launch?.rerun?.why === 'rollout' && refused?.outcome === 'disruption-wait-over'",
    'true',
  ),
  ending(
    'a node that was open is ended for any failure',
    'hasHadItsTime',
    "isPlanned && failure?.outcome === 'disruption-wait-over'",
    'isPlanned',
  ),
  download(
    'the mirror reads a file of another length than the pinned one',
    'decideDownload',
    'pinned !== undefined && size !== pinned',
    'false',
  ),
  documents(
    "programs on a node inherit the mirror's addresses",
    'preludeOf',
    "prelude.replace(first, [first, addresses].join('\\n'))",
    "[prelude, addresses].join('\\n')",
  ),
  keeping(
    'the mirror takes any file under a key for the pinned one',
    'keepFile',
    '$STORED === file.sha256',
    '$STORED !== undefined',
  ),
  storing(
    'S3 is not told which checksum a file must have',
    'storeArtifact',
    'ChecksumSHA256: toBase64(sha256)',
    'ChecksumSHA256: undefined',
  ),
  storing(
    'an upload waits for ever for a download that broke off',
    'storeArtifact',
    "body.once('error', $LISTENER)",
    "body.once('error', () => {})",
  ),
  signing(
    'an address outlives the session that signed it',
    'sessionFor',
    'Date.now() + lifeSeconds * 1_000',
    'Date.now()',
  ),
  stating('a file without a checksum counts as mirrored', 'fileFault', 'sha256 === undefined', 'false'),
  artifacts('a file that could not be read counts as fine', 'exitCodeOf', "state === 'unknown'", 'false'),
  of('cli/html/markup.ts', 'test/cli/html/explain-page.test.ts')(
    'a page shows the texts of a node as HTML',
    'render',
    "String(part).replaceAll(/[&<>\"']/g, (character) => entities[character] ?? '')",
    'String(part)',
  ),
  of('cli/report/times.ts', 'test/cli/html/report.test.ts')(
    'a report believes a kubelet that its Node was Ready after the end',
    'phasesIn',
    'atMs <= receipt.totalMs',
    'true',
  ),
  doctor(
    'doctor takes a look that failed for a look that found nothing',
    'leaveOpen',
    'notChecked: $OPEN',
    'notChecked: []',
  ),
  alarming(
    'the scheduled doctor is silent if it could not look',
    'countAlarming',
    '$ERRORS + notChecked.length',
    '$ERRORS',
  ),
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
  dispatch(
    'a launch gets a version that was withdrawn after its admission',
    'decideDispatch',
    '$CONTEXT.refusal !== undefined && !$CLAIMED',
    'false',
  ),
  dispatch('an open node that drifted is closed over its version', 'refusalNow', "$WHY === 'drifted'", 'false'),
  dispatch(
    'the event of a command that did its work is forgotten',
    'decideDispatch',
    'isUnpublished && batchId !== undefined',
    'false',
  ),
  of('domain/tags.ts', 'test/domain/tags.test.ts')(
    'a withdrawn version is accepted',
    'versionRefusal',
    'because !== undefined',
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
  of('lib/workflow/failure.ts', 'test/lib/workflow/definition.test.ts')(
    'a command that still runs counts as one that ended',
    'failureStates',
    "Default: 'AmendCause'",
    "Default: 'DecideDisposition'",
  ),
  of('lambdas/remediation/decide.ts', 'test/lambdas/remediation/decide.test.ts')(
    'runs that operators stopped open the breaker',
    'isEvidence',
    "$OUTCOME !== 'closed-by-operator'",
    'true',
  ),
  incidents('runs that operators stopped are an incident', 'hasFailed', "$OUTCOME !== 'closed-by-operator'", 'true'),
  of('lambdas/adapters/failures.ts', 'test/lambdas/reconcile/handler.test.ts')(
    'a part of a pass that fails stops the others',
    'Failures.attempt',
    'return undefined;',
    'throw error;',
  ),
  of('lambdas/adapters/failures.ts', 'test/lambdas/reconcile/handler.test.ts')(
    'a pass of which a part failed looks fine',
    'Failures.rethrow',
    '$ERRORS.length > 0',
    'false',
  ),
  of('lambdas/doctor/handler.ts', 'test/lambdas/doctor/handler.test.ts')(
    'a doctor that found nothing looks like one that died',
    'handler',
    "emit({ name: 'DoctorFindings', dimensions: {}, value: $VALUE })",
    "$VALUE > 0 && emit({ name: 'DoctorFindings', dimensions: {}, value: $VALUE })",
  ),
  of('domain/rollout/acts.ts', 'test/domain/rollout/acts.test.ts')(
    'a pool goes back to a version that none of its nodes had',
    'rolloutRefusal',
    '$VERSION === $BEFORE || isProven($VERSION) || isReasoned',
    'true',
  ),
  of('domain/rollout/decide.ts', 'test/domain/rollout/decide.test.ts')(
    'a rollout takes nodes out at any time',
    'startSome',
    '!isInWindow($SETTINGS.windows, $NOW)',
    'false',
  ),
  of('domain/rollout/decide.ts', 'test/domain/rollout/decide.test.ts')(
    'a node that failed in a rollout gets back a version that is withdrawn',
    'putBack',
    'canInstall($ROLLOUT.was)',
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
  alarms('an alarm watches another metric', 'definitions', "metric: 'EventMissed'", "metric: 'NodeOutdated'"),
  alarms('an alarm has a threshold that is too high', 'definitions', '50', '500'),
  alarms('a reconcile that never runs is good news', 'definitions', "'fires'", "'quiet'"),
  alarms('a doctor that never runs is good news', 'doctorAlarm', "'fires'", "'quiet'"),
  alarms('the release rate fires above its target', 'alarmTable', "'below'", "'above'"),
  poolNames(
    'a notification is sent per node',
    'poolNameOf',
    "$POOL === $INSTANCE_ID || $POOL === '' ? 'none' : $POOL",
    '$INSTANCE_ID',
  ),
  poolNames(
    'each launch without a pool is an incident',
    'poolNameOf',
    "$POOL === $INSTANCE_ID || $POOL === '' ? 'none' : $POOL",
    '$POOL',
  ),
  incidents('a run publishes every incident at once', 'bounded', '$SORTED.slice(0, mostNotices)', '$SORTED'),
  incidents('an incident without a separate message is lost', 'bounded', '$MORE.map(({ incident }) => incident)', '[]'),
  incidents(
    'an incident is over while its node is tried again',
    'closing',
    '$RETRIED.some(({ cluster, pool }) => cluster === $I.cluster && pool === $I.pool)',
    'false',
  ),
  incidents('an incident is over while its node is held', 'closing', 'released && !isHeld', 'released'),
  incidents('an incident forgets when a node failed last', 'decideNotices', '$LAST !== $INCIDENT.lastAt', 'false'),
  incidents('a growing incident is reported with every run', 'growth', 'if (!$DUE) return undefined;'),
  incidents(
    'a release of another pool ends an incident',
    'closing',
    'cluster === incident.cluster && pool === incident.pool && endedAt > lastAt',
    'cluster === incident.cluster && endedAt > lastAt',
  ),
  messages('a claim keeps its mentions', 'quoteClaim', "'('", "'<'"),
  agents(
    'an arrival counts however late it is',
    'arrivalOf',
    'Math.min(longestArrival, Math.max(0, $SECONDS))',
    'Math.max(0, $SECONDS)',
  ),
  agents('one straggler moves the looks', 'likelyArrival', '0.9', '1'),
  agents(
    'a node without a pool is taken for a pool',
    'isInformative',
    '$POOL !== $INSTANCE_ID && $RERUN === undefined',
    '$RERUN === undefined',
  ),
  waiting(
    'a crowd is polled each second',
    'agentWait',
    'Math.max($EVERY, Math.ceil($NODES / looksPerSecond))',
    '$EVERY',
  ),
  waiting('a wait has no longest time', 'within', 'longestWait', ''),
  waiting(
    'the last look is missed',
    'within',
    'Math.floor($LEFT_MS / 1_000) - lastLook',
    'Math.floor($LEFT_MS / 1_000)',
  ),
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
  of('lambdas/cancellation/decide.ts', 'test/lambdas/cancellation/decide.test.ts')(
    'a run is cancelled that neither failed nor is late',
    'canCancel',
    '$RUN.failure !== undefined || Date.parse($RUN.launch.deadline) <= $NOW',
    'true',
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
  settle(
    "a node's claim about its handler is not compared",
    'contradiction',
    "['verb', 'runtime', 'version', 'handler', 'sha256']",
    "['verb', 'runtime', 'version', 'sha256']",
  ),
  settle(
    "a node's claim about its checksum is not compared",
    'contradiction',
    "['verb', 'runtime', 'version', 'handler', 'sha256']",
    "['verb', 'runtime', 'version', 'handler']",
  ),
  settle('a command of another document answers', 'ownerOf', '$RUN.document === $INVOCATION.document', 'true'),
  settle(
    'a result counts although SSM says that the command failed',
    'decideAnswer',
    "$INVOCATION.status !== 'Success' || $HOST === undefined",
    '$HOST === undefined',
  ),
  of('domain/claim-text.ts', 'test/domain/hostile-input.test.ts')(
    "a node's text is copied into our text unchanged",
    'claimText',
    "$HEAD.replaceAll(/[\\t\\n\\r]/g, ' ').replaceAll(/[^ -~]/g, '?')",
    "$HEAD.replaceAll(/[\\t\\n\\r]/g, ' ')",
  ),
  of('domain/claim-text.ts', 'test/domain/claim-text.test.ts')(
    'what has the form of a secret is shown',
    'claimText',
    'redact($HEAD)',
    '$HEAD',
  ),
  of('domain/trail.ts', 'test/domain/trail.test.ts')(
    'the last end in the trail counts, and not the first',
    'add',
    "$RUN.receipt !== undefined || !('endedAt' in $EVENT.detail)",
    "!('endedAt' in $EVENT.detail)",
  ),
  of('domain/outcome-tags.ts', 'test/domain/outcome-tags.test.ts')(
    'tags are written in every pass, right or not',
    'missingOutcomeTags',
    'outcomeTagKeys.every($TEST)',
    'false',
  ),
  of('domain/run-record.ts', 'test/domain/hostile-input.test.ts')(
    'the node of a record may be another than its key names',
    'parseRunRecord',
    '$LAUNCH?.instanceId === $REST.instanceId && sortKeyOf($LAUNCH) === $REST.launchedAt ? $LAUNCH : undefined',
    '$LAUNCH',
  ),
  of('lambdas/reconcile/closed-since.ts', 'test/lambdas/reconcile/latest-runs.test.ts')(
    'a node that a rollout closed counts as closed since its launch',
    'closedSince',
    'run?.launch?.rerun?.released === true',
    'false',
  ),
  of('domain/rollout/deadlines.ts', 'test/domain/rollout/month.test.ts')(
    'a forecast lets a wave soak in windows only',
    'forecastEnd',
    '$AT + $SOAK * 60_000',
    '$AT + ($SOAK * 60_000) / openShare(windows)',
  ),
  ...evidenceMutations,
  ...pinMutations,
];
