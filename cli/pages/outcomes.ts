import { endingOf, type OutcomeCode, outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';
import { wrapProse } from './wrap.ts';

/** `docs/operate/outcomes.md`: the closed list of outcomes, with a runbook for each. */
export function outcomesPage(): string {
  const rows = outcomeCodes.map((code) => `| [\`${code}\`](#${code}) | ${outcomeOf(code).sentence} | ${next(code)} |`);
  return wrapProse(`# Outcomes

Every launch ends with one of these codes. It is in the annotation \`airlock.dev/receipt\` of the Node, in the launch's last event on the bus and in the
audit trail, and in the dimension \`outcome\` of the metric \`LaunchEnded\`. Each code has a runbook below: the Event on the Node and
[notifications](notifications.md) name it. \`npm run docs\` makes this page from [\`domain/outcomes.ts\`](../../domain/outcomes.ts).

The last column shows what follows:

- *quarantine*: the gate stays, and the Node has the reason. A substitute would end the same way.
- *replace*: another instance may do better, so the pool's \`onFailure\` decides whether it is replaced or quarantined.
- *discard*: nothing is left to do, and nothing counts as a failure.

While [the breaker](what-happens-to-a-failed-node.md#the-breaker) is open, a node that fails only keeps its gate. What to do on the node itself is in
[Recover a node](recover-a-node.md).

| code | what happened | then |
|---|---|---|
${rows.join('\n')}

${outcomeCodes.map(runbook).join('\n\n')}
`);
}

function next(code: OutcomeCode): string {
  const { consequence } = outcomeOf(code);
  if (consequence.next !== 'retry') return consequence.next;
  const { attempts, intervalSeconds, then } = consequence;
  return `tried ${attempts} times, ${intervalSeconds} s and more apart; then ${then}`;
}

function runbook(code: OutcomeCode): string {
  const { sentence, cause, operator } = outcomeOf(code);
  const isFailure = !['done', 'discard'].includes(endingOf(code));
  const see = isFailure
    ? '`npx airlock explain NODE`, with the name of the Node or the id of the instance, prints the detail and every step before it. `npx airlock status` counts the nodes of the pool that ended the same way.'
    : '`npx airlock explain NODE`, with the name of the Node or the id of the instance, prints every step.';
  const over = isFailure
    ? 'the next nodes of the pool are released, which `npx airlock status` shows, and the message *over* arrives. Nodes that failed before stay as they are until they are replaced.'
    : 'nothing is wrong.';
  return `## ${code}

- **Means**: ${sentence} ${cause}
- **See**: ${see}
- **Do**: ${operator}
- **Over**: ${over}`;
}
