import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupByOrder, nodesPerCommand } from '../../../lambdas/dispatch/groups.ts';

const contents = fc.record({
  document: fc.constantFrom('airlock-gvisor-install-a', 'airlock-kata-install-b'),
  parameters: fc.record({ Version: fc.constantFrom('1', '2'), Seconds: fc.constantFrom('900', '1050') }),
});

describe('launches that are ready for their commands', () => {
  it('share as few commands as 50 nodes each allow, and only with the same document and parameters', () => {
    fc.assert(
      fc.property(fc.array(contents, { maxLength: 160 }), (contents) => {
        const ready = contents.map((content, id) => ({ ...content, id }));
        const groups = groupByOrder(ready);
        const keyOf = ({ document, parameters }: (typeof ready)[number]) => JSON.stringify([document, parameters]);
        const kinds = Map.groupBy(ready, keyOf);
        const fewest = [...kinds.values()].reduce((sum, { length }) => sum + Math.ceil(length / 50), 0);

        expect(groups.flat().toSorted((one, other) => one.id - other.id)).toEqual(ready);
        expect(groups).toHaveLength(fewest);
        for (const group of groups) {
          expect(group.length).toBeLessThanOrEqual(nodesPerCommand);
          expect(new Set(group.map(keyOf)).size).toBe(1);
        }
      }),
    );
  });

  it('are one command of 50 and one of the rest', () => {
    const ready = Array.from({ length: 73 }, () => ({ document: 'd', parameters: { Version: '1' } }));
    expect(groupByOrder(ready).map(({ length }) => length)).toEqual([50, 23]);
  });
});
