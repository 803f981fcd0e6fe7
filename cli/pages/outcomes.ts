import { outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';

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
  return `# Outcomes

Every node ends with one of these codes. It stands in the annotation \`airlock.dev/receipt\` of the node, in the last event of the node on
the bus and in the audit trail, and in the dimension \`outcome\` of the metric \`NodeEnded\`. This page is made from
[\`domain/outcomes.ts\`](../../domain/outcomes.ts) by \`npm run docs\`.

The last column says what follows. *quarantine*: the gate stays and the node says why, for a substitute would end the same way. *replace*: another
instance may do better, so the pool's \`onFailure\` decides between the two. *forget*: nothing is left to do, and nothing counts as a failure.
Neither happens while [the breaker](what-happens-to-a-failed-node.md#the-breaker) is open: the gate stays, and that is all.

| code | what happened | why | what to do | then |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
