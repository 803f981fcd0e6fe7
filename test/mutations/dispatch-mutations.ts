import type { ScenarioName } from '../scenarios/registry.ts';
import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';

const released: ScenarioName = 'two tagged launches are released';

/** Mistakes in the sources of `dispatch`. */
export const dispatchMutations: readonly Mutation[] = [
  {
    name: 'an open breaker holds nothing back',
    apply: source('dispatch', 'lambdas/dispatch/probe.ts', 'askForProbe', '!isOpen($BREAKER)', '$BREAKER'),
    turnsRed: 'while the breaker is open one node is tried at a time, and a success closes it',
  },
  {
    name: 'batch failure not reported: dispatch returns nothing',
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      'dispatch',
      'deferAll(queueUrl, $DEFERRALS)',
      'deferAll(queueUrl, $DEFERRALS).then(() => [])',
    ),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'dispatch knows the versions of the admission only',
    apply: source('dispatch', 'lambdas/dispatch/handler.ts', 'dispatch', 'refusalNow($MESSAGE, versions)', 'undefined'),
    turnsRed: 'a launch whose version a deployment withdraws gets no command',
  },
  {
    name: 'a node is given more time than it has',
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      'dispatch',
      'workDeadline($NODE) - Date.now()',
      'workDeadline($NODE)',
    ),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'ledger write unconditional',
    apply: source(
      'dispatch',
      'domain/run-changes.ts',
      'runChanges',
      "'attribute_not_exists(#token) AND attribute_not_exists(#cancelledAt)'",
      "'(attribute_exists(#token) OR attribute_not_exists(#token)) AND attribute_not_exists(#cancelledAt)'",
    ),
    turnsRed: 'a message that SQS delivers twice sends one command',
  },
  {
    name: 'dispatch without claim',
    apply: source(
      'dispatch',
      'lambdas/dispatch/orders.ts',
      'sendGroup',
      'claim({ ...message, verb, batchId, document, checksums, onlineAt, at, over: runs.get(runId(message.launch)) })',
      'Promise.resolve(Boolean(message && batchId && document && checksums && onlineAt && at && runId))',
    ),
    turnsRed: released,
  },
  {
    name: 'a claim is not looked for before it is sent again',
    apply: source(
      'dispatch',
      'lambdas/adapters/commands.ts',
      'findCommand',
      '($COMMAND) => $COMMAND.Comment === $BATCH_ID',
      '() => false',
    ),
    turnsRed: 'a claim whose command was sent is looked for, and found',
  },
  {
    name: 'the comment does not carry the batch',
    apply: source('dispatch', 'lambdas/adapters/commands.ts', 'sendCommand', 'Comment: $ORDER.batchId', ''),
    turnsRed: 'a result that is known before its command is noted settles the node',
  },
  {
    name: "an agent's version is not looked at",
    apply: source(
      'dispatch',
      'lambdas/dispatch/decide.ts',
      'decideDispatch',
      'isOlder($AGENT.version, firstSafeAgent)',
      'isOlder($AGENT.version, "0")',
    ),
    turnsRed: 'an agent that is too old gets no command',
  },
  {
    name: "a pool's arrivals are not recorded",
    apply: source('dispatch', 'lambdas/dispatch/handler.ts', 'dispatch', 'await recordOnline($SENT, $ARRIVALS);', ''),
    turnsRed: 'a node gets its command when agents of its pool usually come',
  },
  {
    name: "a pool's arrivals are not read",
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      'dispatch',
      'agentsKey($NODE).instanceId',
      '$NODE.instanceId',
    ),
    turnsRed: 'a node gets its command when agents of its pool usually come',
  },
  {
    name: 'messages that dispatch took by itself are not deleted',
    apply: source('dispatch', 'lambdas/adapters/queue.ts', 'deleteAll', '$MESSAGES.length', '0'),
    turnsRed: 'a crowd shares its messages, and none of them is left',
  },
  {
    name: 'messages that dispatch took by itself are deleted while they wait',
    apply: source(
      'dispatch',
      'lambdas/adapters/batches.ts',
      'deleteHandled',
      '!$LEFT.has($MESSAGE_ID)',
      '$LEFT.size >= 0 || $MESSAGE_ID',
    ),
    turnsRed: 'a crowd shares its messages, and none of them is left',
  },
  {
    name: 'a node waits forever for its agent',
    apply: source(
      'dispatch',
      'lambdas/dispatch/decide.ts',
      'decideDispatch',
      "if (mayWait($LEFT)) return { step: 'wait', seconds, because: 'agent-offline' };",
      "if ($LEFT > 0) return { step: 'wait', seconds, because: 'agent-offline' };",
    ),
    turnsRed: 'an agent that never comes is agent-offline',
  },
  {
    name: 'a refused call is not split',
    apply: source('dispatch', 'lambdas/dispatch/send.ts', 'deliver', '$IDS.length > 1', '$IDS.length > 1_000'),
    turnsRed: 'a batch goes on without a node that is gone and one that lost its tag',
  },
  {
    name: 'a throttled call is an error',
    apply: source(
      'dispatch',
      'lambdas/adapters/aws-errors.ts',
      'awsErrors',
      "ThrottlingException: ['answer', $WHY]",
      "ThrottlingException: ['retry', $WHY]",
    ),
    turnsRed: 'a throttled SendCommand is sent once',
  },
];
