import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workflowDefinition } from '../../lib/workflow/definition.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const page = read('docs', 'understand', 'design.md');

/** The cells of the rows of the page's tables. */
const rows = [...page.matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) => row.split(' | '));

describe('docs/understand/design.md', () => {
  it('names the seven states that a released launch passes, in order', () => {
    const { StartAt, States } = workflowDefinition({
      partition: 'aws',
      dispatchQueueUrl: 'dispatch',
      ledgerTable: 'ledger',
      eventBus: 'Airlock',
      remediationFunction: 'remediation',
      cancellationFunction: 'cancellation',
      clusterQueueUrls: { demo: 'cluster' },
    }) as { StartAt: string; States: Record<string, { Next?: string; Default?: string; End?: true }> };
    const path = [StartAt];
    for (let at = States[StartAt]; at !== undefined && at.End === undefined; at = States[path.at(-1) ?? ''])
      path.push(at.Next ?? at.Default ?? 'no next state');

    const [, named = ''] = /passes seven states: ([\w,\s]+)\./.exec(page) ?? [];
    expect(named.split(/,\s+/)).toEqual(path);
  });

  it('has a row for each function, with its folder', () => {
    const named = rows.flatMap(([, folder = '']) => [...folder.matchAll(/^`lambdas\/([a-z-]+)`$/g)].map(([, f]) => f));
    const folders = readdirSync(join(root, 'lambdas')).filter((name) => name !== 'adapters');
    expect(named.toSorted()).toEqual(folders.toSorted());
  });

  it.each(['lambdas', 'lib', 'kubernetes', 'ssm-documents', 'domain', 'packages/lab', 'packages/local-kubernetes'])(
    'lets %s import what the linter lets it import',
    (folder) => {
      const [, , allowed = ''] = rows.find(([first]) => first === `\`${folder}\``) ?? [];
      const said = [...allowed.matchAll(/`([\w.-]+)`/g)].map(([, name = '']) => name);
      const message = new RegExp(
        `"message": "${folder.replace('packages/', '')} (?:may import|imports) from ([^:]+) only:`,
      );
      const [, linted = ''] = message.exec(read('biome.json')) ?? [];
      const names = linted === 'no other folder' ? [] : linted.split(/, | and /);
      expect(linted).not.toBe('');
      expect(said.toSorted()).toEqual(names.toSorted());
    },
  );
});
