import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

/** Mistakes in the sources of the other functions. */
export const functionMutations: readonly Mutation[] = [
  {
    name: 'the breaker never opens',
    apply: source(
      'remediation',
      'domain/breaker.ts',
      'isOverLimits',
      "if ($STATE === 'open' || $FAILED.length < $FAILURES) return false;",
      'return $FAILED.length > 1_000;',
    ),
    turnsRed: 'three failures open the breaker, and the alarm and an event say so',
  },
  {
    name: 'the end of a cancelled command is not awaited',
    apply: source('cancellation', 'lambdas/cancellation/handler.ts', 'handler', '$SAID.ended', '$SAID.ended || $SAID'),
    turnsRed: 'an installation that still runs at the deadline is cancelled and awaited',
  },
  {
    name: 'batch failure not reported: settle says nothing',
    apply: source('results', 'lambdas/results/handler.ts', 'settle', 'return $FAILURES;', 'return $FAILURES && [];'),
    turnsRed: 'a result that SSM does not show yet is read seconds later',
  },
  {
    name: 'settle does not check the command id',
    apply: source(
      'results',
      'lambdas/results/decide.ts',
      'ownerOf',
      '$RUN.commandId === $COMMAND_ID || ($RUN.commandId === undefined && $RUN.batchId !== undefined && $RUN.batchId === $INVOCATION.comment)',
      '$RUN.commandId !== undefined || ($RUN.commandId === undefined && $RUN.batchId !== undefined && $RUN.batchId === $INVOCATION.comment)',
    ),
    turnsRed: "a stranger's command settles nothing",
  },
  {
    name: 'settle knows commands by their noted id alone',
    apply: source('results', 'lambdas/results/decide.ts', 'ownerOf', '$RUN.batchId === $INVOCATION.comment', 'false'),
    turnsRed: 'a result that is known before its command is noted settles the node',
  },
  {
    name: 'proof result ignored',
    apply: source(
      'results',
      'lambdas/results/decide.ts',
      'decideAnswer',
      "$INVOCATION.status !== 'Success' || $HOST === undefined || !$SUCCEEDED",
      "($SUCCEEDED && $INVOCATION.status === '') || $HOST === undefined",
    ),
    turnsRed: 'a proof that fails ends in quarantine',
  },
  {
    name: 'admit takes every cluster',
    apply: source(
      'admission',
      'lambdas/admission/decide.ts',
      'classifyLaunch',
      '$CLUSTER === undefined || !$CONFIG.clusters.includes($CLUSTER)',
      '$CLUSTER === undefined',
    ),
    turnsRed: 'launches that are not ours are left alone',
  },
  {
    name: 'admit takes launches without our tag',
    apply: source(
      'admission',
      'lambdas/admission/decide.ts',
      'classifyLaunch',
      "{ step: 'not-ours', because: 'no-tag' }",
      "classifyLaunch(event, { ...candidate, tags: { ...candidate.tags, [runtimeTag]: 'gvisor' } }, config, now)",
    ),
    turnsRed: 'launches that are not ours are left alone',
  },
  {
    name: "execution's name drawn by lot",
    apply: source(
      'admission',
      'lambdas/admission/admit-all.ts',
      'admitSome',
      'start(stateMachine, $EXECUTION, runKeyOf($ADMISSION.launch))',
      'start(stateMachine, $EXECUTION + Math.floor(Math.random() * 1e9), runKeyOf($ADMISSION.launch))',
    ),
    turnsRed: 'an admission that dies after StartExecution starts no second',
  },
  {
    name: 'settled tokens are not noted, and a second event is answered again',
    apply: source(
      'results',
      'lambdas/results/settle-node.ts',
      'settleNode',
      'if ($RUN.settledToken === $RUN.token) return;',
      '',
    ),
    turnsRed: 'events that come three times start one execution',
  },
  {
    name: 'a runtime tag is not looked up',
    apply: source(
      'admission',
      'lambdas/admission/decide.ts',
      'classifyLaunch',
      'requestOf($TAG, $CONFIG.versions)',
      "requestOf('gvisor', $CONFIG.versions)",
    ),
    turnsRed: 'a tag with a shell in it is refused',
  },
  {
    name: 'receipt not checked: any Node of that name is the launch',
    apply: source(
      'cluster',
      'lambdas/cluster/lookup.ts',
      'NodeLookup.find',
      'await $VIEW.withProviderId($PROVIDER_ID)',
      '[await $VIEW.node(nodeName)].flatMap((node) => node ?? [])',
    ),
    turnsRed: 'a Node of the same name that is another instance keeps its gate',
  },
  {
    name: 'an outage of the cluster ends the way',
    apply: source(
      'cluster',
      'lambdas/cluster/polling.ts',
      'Failures.because',
      'const $BACK_OFF = jitteredPause(failurePauses, $COUNT, $RANDOM);',
      "throw new FinalOutcome('cluster-unreachable', error.message);",
    ),
    turnsRed: 'a cluster that is down for two minutes delays the release',
  },
  {
    name: 'a message for a cluster counts without the text that its run drew',
    apply: source(
      'cluster',
      'lambdas/cluster/messages.ts',
      'sortMessages',
      '$RUN?.nonce === undefined || $RUN.nonce !== $NONCE',
      '$RUN === undefined',
    ),
    turnsRed: 'a message for a cluster that no run sent has nothing done',
  },
  {
    name: 'a node that has to wait for its cluster is dropped',
    apply: source(
      'cluster',
      'lambdas/cluster/work.ts',
      'Batch.defer',
      'this.#left.push({ itemIdentifier: $ONE.record.messageId });',
      '',
    ),
    turnsRed: 'a node whose kubelet comes after five minutes is released',
  },
  {
    name: 'a pod that was bound to another node proves this one',
    apply: source(
      'cluster',
      'lambdas/cluster/proof.ts',
      'PodProof.prove',
      '$POD.nodeName !== $NODE_NAME || $POD.runtimeClassName !== $RUNTIME_CLASS',
      '$POD.runtimeClassName !== $RUNTIME_CLASS',
    ),
    turnsRed: 'a pod of the same name on another node proves nothing',
  },
];
