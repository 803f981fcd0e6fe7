import type { Mutation } from './mutation.ts';
import { source } from './plant.ts';
import type { ScenarioName } from './scenarios.ts';

const released: ScenarioName = 'two tagged launches are released';

/** Mistakes in the sources of `dispatch`. */
export const dispatchMutations: readonly Mutation[] = [
  {
    name: 'an open breaker holds nothing back',
    apply: source(
      'dispatch',
      'lambdas/dispatch/probe.ts',
      'if (breaker === undefined || !isOpen(breaker)) return undefined;',
      'if (breaker === undefined || breaker) return undefined;',
    ),
    turnsRed: 'while the breaker is open one node is tried at a time, and a success closes it',
  },
  {
    name: 'batch failure not reported: dispatch says nothing',
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      'return deferAll(queueUrl, deferrals);',
      'return deferAll(queueUrl, deferrals).then(() => []);',
    ),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'a node is told more time than it has',
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      'timeStep(workDeadline(launch) - Date.now())',
      'timeStep(workDeadline(node))',
    ),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'ledger write unconditional',
    apply: source(
      'dispatch',
      'domain/run-changes.ts',
      "condition: 'attribute_not_exists(#token) AND",
      "condition: '(attribute_exists(#token) OR attribute_not_exists(#token)) AND",
    ),
    turnsRed: 'a message that SQS delivers twice sends one command',
  },
  {
    name: 'dispatch without claim',
    apply: source(
      'dispatch',
      'lambdas/dispatch/orders.ts',
      /claim\(\{\s*\.\.\.message[^)]*\)[^)]*\)[^)]*\}\),/,
      'Promise.resolve(Boolean(message && batchId && document && onlineAt && at && runId)),',
    ),
    turnsRed: released,
  },
  {
    name: 'a claim is not looked for before it is sent again',
    apply: source(
      'dispatch',
      'lambdas/adapters/commands.ts',
      'Commands?.find((command) => command.Comment === batchId)',
      'Commands?.find(() => false)',
    ),
    turnsRed: 'a claim whose command was sent is looked for, and found',
  },
  {
    name: 'the comment does not carry the batch',
    apply: source('dispatch', 'lambdas/adapters/commands.ts', 'Comment: order.batchId,', ''),
    turnsRed: 'a result that is known before its command is noted settles the node',
  },
  {
    name: "an agent's version is not looked at",
    apply: source(
      'dispatch',
      'lambdas/dispatch/decide.ts',
      'if (isOlder(agent.version, firstSafeAgent)) {',
      'if (isOlder(agent.version, "0")) {',
    ),
    turnsRed: 'an agent that is too old gets no command',
  },
  {
    name: 'what a pool has shown is not noted',
    apply: source('dispatch', 'lambdas/dispatch/handler.ts', 'await recordOnline(sent, arrivals);', ''),
    turnsRed: 'a node gets its command when agents of its pool usually come',
  },
  {
    name: 'what a pool has shown is not read',
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      'arrivals.get(agentsKey(launch).instanceId) ?? []',
      'arrivals.get(node.instanceId) ?? []',
    ),
    turnsRed: 'a node gets its command when agents of its pool usually come',
  },
  {
    name: 'messages that dispatch took by itself are not deleted',
    apply: source('dispatch', 'lambdas/adapters/queue.ts', 'from < messages.length', 'from < 0'),
    turnsRed: 'a crowd shares its messages, and none of them is left',
  },
  {
    name: 'messages that dispatch took by itself are deleted while they wait',
    apply: source('dispatch', 'lambdas/adapters/batches.ts', '!left.has(messageId)', 'left.size >= 0 || messageId'),
    turnsRed: 'a crowd shares its messages, and none of them is left',
  },
  {
    name: 'a node waits for ever for its agent',
    apply: source(
      'dispatch',
      'lambdas/dispatch/decide.ts',
      "if (mayWait(left)) return { step: 'wait', seconds, because: 'agent-offline' };",
      "if (left > 0) return { step: 'wait', seconds, because: 'agent-offline' };",
    ),
    turnsRed: 'an agent that never comes is agent-offline',
  },
  {
    name: 'a refused call is not split',
    apply: source(
      'dispatch',
      'lambdas/dispatch/send.ts',
      '} else if (ids.length > 1) {',
      '} else if (ids.length > 1_000) {',
    ),
    turnsRed: 'a batch goes on without a node that is gone and one that lost its tag',
  },
  {
    name: 'a throttled call is an error',
    apply: source(
      'dispatch',
      'lambdas/adapters/aws-errors.ts',
      "ThrottlingException: ['answer',",
      "ThrottlingException: ['retry',",
    ),
    turnsRed: 'a throttled SendCommand is sent once',
  },
];
