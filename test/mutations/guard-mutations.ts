import { actMutations } from './act-mutations.ts';
import { claimMutations } from './claim-mutations.ts';
import { clusterGuardMutations } from './cluster-guard-mutations.ts';
import { evidenceMutations } from './evidence-mutations.ts';
import { type GuardMutation, of } from './guard.ts';
import { incidentMutations } from './incident-mutations.ts';
import { pinMutations } from './pin-mutations.ts';
import { rolloutGuards } from './rollout-guards.ts';

const poolNames = of('domain/ledger.ts', 'test/domain/incidents.test.ts');

const agents = of('domain/agents.ts', 'test/lambdas/dispatch/decide.test.ts');
const waiting = of('lambdas/dispatch/waiting.ts', 'test/lambdas/dispatch/decide.test.ts');

const dispatch = of('lambdas/dispatch/decide.ts', 'test/lambdas/dispatch/decide.test.ts');

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
  of('lib/workflow/failure.ts', 'test/lib/workflow/definition.test.ts')(
    'a command that still runs counts as one that ended',
    'failureStates',
    "Default: 'AmendCause'",
    "Default: 'DecideDisposition'",
  ),
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
  of('lambdas/cancellation/decide.ts', 'test/lambdas/cancellation/decide.test.ts')(
    'a run is cancelled that neither failed nor is late',
    'canCancel',
    '$RUN.failure !== undefined || Date.parse($RUN.launch.deadline) <= $NOW',
    'true',
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
  of('domain/rollout/deadlines.ts', 'test/domain/rollout/month.test.ts')(
    'a forecast is in time although no version fixes the advisory',
    'listLate',
    '!isUnfixed',
    'true',
  ),
  of('lambdas/reconcile/keep-records.ts', 'test/lambdas/reconcile/keep-records.test.ts')(
    'no record of a node that runs is renewed',
    'listExpiring',
    '$AT * 1_000 - $NOW < renewedBeforeMs',
    'false',
  ),
  ...evidenceMutations,
  ...rolloutGuards,
  ...pinMutations,
  ...clusterGuardMutations,
  ...incidentMutations,
  ...claimMutations,
  ...actMutations,
];
