import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { airlockProgram } from '../../cli/commands.ts';
import { incidentText } from '../../domain/incident-message.ts';
import type { Notice } from '../../domain/incidents.ts';
import { outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';

const folder = join(import.meta.dirname, '..', '..', 'docs', 'operate');
const pages = new Map(
  readdirSync(folder).map((name): [string, string] => [name, readFileSync(join(folder, name), 'utf8')]),
);
const outcomes = pages.get('outcomes.md') ?? '';
const at = '2026-11-28T03:00:00.000Z';

/** What an incident's message tells people to run. */
const messages = outcomeCodes.flatMap((outcome) => {
  const scope = { cluster: 'demo', pool: 'sandboxed', outcome };
  const incident = { ...scope, nodes: 2, since: at, lastAt: at, reportedAt: at };
  const example = {
    ...scope,
    instanceId: 'i-0123456789abcdef0',
    detail: '',
    endedAt: at,
    ending: 'quarantined',
  } as const;
  return (['Incident Opened', 'Incident Closed'] as const satisfies readonly Notice['type'][]).map((type) =>
    incidentText({ type, incident, example }, { docs: '', region: 'eu-central-1' }),
  );
});

function isCommand(name: string, { commands }: Command): boolean {
  return commands.some((command) => command.name() === name);
}

describe('a runbook', () => {
  it.each(outcomeCodes)(
    'of %s states what it means, how to see it, what to do and how to know that it is over',
    (code) => {
      const [, section = ''] = outcomes.split(`\n## ${code}\n`);
      const parts = [...(section.split('\n## ')[0] ?? '').matchAll(/^- \*\*(\w+)\*\*: /gm)].map(([, part]) => part);
      expect(parts).toEqual(['Means', 'See', 'Do', 'Over']);
    },
  );

  it('is where the messages of incidents point', () => {
    for (const { runbook } of messages) {
      const [page = '', anchor = ''] = runbook.split('#');
      expect(page).toBe('docs/operate/outcomes.md');
      expect(outcomes).toContain(`\n## ${anchor}\n`);
    }
  });

  it('names only commands that exist, as messages and outcomes do', () => {
    const texts = [
      ...pages.values(),
      ...messages.flatMap((text) => Object.values(text)),
      ...outcomeCodes.map((code) => outcomeOf(code).operator),
    ];
    const named = texts.flatMap((text) => [...text.matchAll(/npx airlock ([a-z-]+)/g)].map(([, name = '']) => name));
    const program = airlockProgram();
    expect(new Set(named).size).toBeGreaterThan(3);
    expect(named.filter((name) => !isCommand(name, program))).toEqual([]);
  });

  it('of an outcome takes at most two commands to the cause', () => {
    for (const code of outcomeCodes) {
      const [, section = ''] = outcomes.split(`\n## ${code}\n`);
      const [, see = ''] = /\*\*See\*\*: ([\s\S]*?)\n- \*\*Do/.exec(section) ?? [];
      const commands = see.match(/`npx airlock/g) ?? [];
      expect(commands.length > 0 && commands.length <= 2, code).toBe(true);
    }
  });
});
