import { outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';
import { wrapProse } from './wrap.ts';

/** `docs/operate/outcomes.md`: the closed list of outcomes as a page for operators. */
export function outcomesPage(): string {
  const rows = outcomeCodes.map((code) => {
    const { sentence, cause, operator, consequence } = outcomeOf(code);
    const next =
      consequence.next === 'retry'
        ? `tried ${consequence.attempts} times, ${consequence.intervalSeconds} s and more apart; then ${consequence.then}`
        : consequence.next;
    return `| \`${code}\` | ${sentence} | ${cause} | ${operator} | ${next} |`;
  });
  return wrapProse(`# Outcomes

Every launch ends with one of these codes. It is in the annotation \`airlock.dev/receipt\` of the Node, in the launch's last event on the bus and in the
audit trail, and in the dimension \`outcome\` of the metric \`LaunchEnded\`. \`npm run docs\` makes this page from
[\`domain/outcomes.ts\`](../../domain/outcomes.ts).

The last column shows what follows:

- *quarantine*: the gate stays, and the Node has the reason. A substitute would end the same way.
- *replace*: another instance may do better, so the pool's \`onFailure\` decides whether it is replaced or quarantined.
- *discard*: nothing is left to do, and nothing counts as a failure.

While [the breaker](what-happens-to-a-failed-node.md#the-breaker) is open, a node that fails only keeps its gate.

| code | what happened | why | what to do | then |
|---|---|---|---|---|
${rows.join('\n')}
`);
}
