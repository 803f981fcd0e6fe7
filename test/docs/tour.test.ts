import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { misspelled } from '../../cli/tour/pool-file.ts';
import { nextCommand } from '../../domain/outcome-commands.ts';
import { isOutcome } from '../../domain/outcomes.ts';
import { faults, namedFaultNames } from '../../packages/lab/faults.ts';

const page = readFileSync(new URL('../../docs/use/tour.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| `([a-z-]+)` \| (.+) \| (.+) \|$/gm)].map(
  ([, fault = '', outcome = '', seen = '', next = '']) => ({ fault, outcome, seen, next }),
);

it('the tour shows for each fault with a name how its launch ends, what was seen, and the next command', () => {
  const failing = namedFaultNames.filter((name) => (faults[name]?.ends ?? 'released') !== 'released');

  expect(rows.map(({ fault }) => fault).toSorted()).toEqual(failing.toSorted());
  for (const { fault, outcome, seen, next } of rows) {
    expect(outcome, fault).toEqual(faults[fault]?.ends);
    expect(seen.length).toBeGreaterThan(10);
    const command = isOutcome(outcome) ? nextCommand(outcome, { instance: 'INSTANCE', node: 'NODE' }) : undefined;
    expect(next).toBe(command === undefined ? 'nothing to find out' : `\`${command}\``);
  }
});

it('the tour shows the mistake that start --tour makes', () => {
  expect(page).toContain(misspelled);
});
