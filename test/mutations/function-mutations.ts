import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

/** Mistakes in the sources of the other functions. */
export const functionMutations: readonly Mutation[] = [
  {
    name: 'the breaker never opens',
    apply: source(
      'remediation',
      'domain/breaker.ts',
      "if (state === 'open' || failed.length < failures) return false;",
      'return failed.length > 1_000;',
    ),
    turnsRed: 'three failures open the breaker, and the alarm and an event say so',
  },
  {
    name: 'the end of a cancelled command is not awaited',
    apply: source('cancellation', 'lambdas/cancellation/handler.ts', 'if (state.ended)', 'if (state.ended || state)'),
    turnsRed: 'an installation that still runs at the deadline is cancelled and awaited',
  },
  {
    name: 'batch failure not reported: settle says nothing',
    apply: source('results', 'lambdas/results/handler.ts', '  return failures;', '  return failures && [];'),
    turnsRed: 'a result that SSM does not show yet is read seconds later',
  },
  {
    name: 'settle does not check the command id',
    apply: source(
      'results',
      'lambdas/results/decide.ts',
      'row.commandId === commandId ||',
      'row.commandId !== undefined ||',
    ),
    turnsRed: "a stranger's command settles nothing",
  },
  {
    name: 'settle knows commands by their noted id alone',
    apply: source('results', 'lambdas/results/decide.ts', 'row.batchId === standing.comment', 'false'),
    turnsRed: 'a result that is known before its command is noted settles the node',
  },
  {
    name: 'proof result ignored',
    apply: source(
      'results',
      'lambdas/results/decide.ts',
      "standing.status !== 'Success' || host === undefined || !succeeded",
      "(succeeded && standing.status === '') || host === undefined",
    ),
    turnsRed: 'a proof that fails ends in quarantine',
  },
  {
    name: 'admit takes every cluster',
    apply: source('admission', 'lambdas/admission/decide.ts', '|| !config.clusters.includes(cluster)', ''),
    turnsRed: 'launches that are not ours are left alone',
  },
  {
    name: 'admit takes launches without our tag',
    apply: source(
      'admission',
      'lambdas/admission/decide.ts',
      "if (tag === undefined) return { verdict: 'not-ours', because: 'no-tag' };",
      "if (tag === undefined) return judge(launch, { ...candidate, tags: { ...candidate.tags, [runtimeTag]: 'gvisor' } }, config, now);",
    ),
    turnsRed: 'launches that are not ours are left alone',
  },
  {
    name: "execution's name drawn by lot",
    apply: source(
      'admission',
      'lambdas/admission/admit-all.ts',
      'start(stateMachine, execution, runKeyOf(admission.launch))',
      'start(stateMachine, execution + Math.floor(Math.random() * 1e9), runKeyOf(admission.launch))',
    ),
    turnsRed: 'an admission that dies after StartExecution starts no second',
  },
  {
    name: 'settled tokens are not noted, and a second event is answered again',
    apply: source('results', 'lambdas/results/settle-node.ts', 'if (row.settledToken === row.token) return;', ''),
    turnsRed: 'events that come three times start one execution',
  },
  {
    name: 'a runtime tag is not looked up',
    apply: source(
      'admission',
      'lambdas/admission/decide.ts',
      'const asked = requestOf(tag, config.releases);',
      "const asked = requestOf('gvisor', config.releases);",
    ),
    turnsRed: 'a tag with a shell in it is refused',
  },
  {
    name: 'receipt not checked: any Node of that name is the launch',
    apply: source(
      'cluster',
      'lambdas/cluster/lookup.ts',
      'const waiting = await view.withProviderId(providerId);',
      'const waiting = [await view.node(nodeName)].flatMap((node) => node ?? []);',
    ),
    turnsRed: 'a Node of the same name that is another instance keeps its gate',
  },
  {
    name: 'an outage of the cluster ends the way',
    apply: source(
      'cluster',
      'lambdas/cluster/polling.ts',
      'if (error instanceof Unreachable) {',
      "if (error instanceof Unreachable) {\n      throw new Ended('cluster-unreachable', error.message);",
    ),
    turnsRed: 'a cluster that is down for two minutes delays the release',
  },
  {
    name: 'a message for a cluster counts without the text that its run drew',
    apply: source(
      'cluster',
      'lambdas/cluster/messages.ts',
      'row?.nonce === undefined || row.nonce !== nonce',
      'row === undefined',
    ),
    turnsRed: 'a message for a cluster that no run sent has nothing done',
  },
  {
    name: 'a node that has to wait for its cluster is dropped',
    apply: source(
      'cluster',
      'lambdas/cluster/deal.ts',
      'this.#back?.push({ itemIdentifier: one.record.messageId });',
      '',
    ),
    turnsRed: 'a node whose kubelet comes after five minutes is released',
  },
  {
    name: 'a pod that was bound to another node proves this one',
    apply: source(
      'cluster',
      'lambdas/cluster/proof.ts',
      'if (pod.nodeName !== nodeName || pod.runtimeClassName !== runtimeClass) {',
      'if (pod.runtimeClassName !== runtimeClass) {',
    ),
    turnsRed: 'a pod of the same name on another node proves nothing',
  },
];
