import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { airlockProgram } from '../../cli/commands.ts';
import { commandText } from '../../cli/output/command.ts';
import { exitCodeMeanings } from '../../cli/output/exit-codes.ts';
import { commandsPage } from '../../cli/pages/commands.ts';
import { findingsPage } from '../../cli/pages/findings.ts';
import { fillIn, findingCodes, findingOf, placeholders } from '../../domain/findings.ts';
import { nextCommand } from '../../domain/outcome-commands.ts';
import { outcomeCodes } from '../../domain/outcomes.ts';

const root = join(import.meta.dirname, '..', '..');

describe('pages that are made from the command line', () => {
  it.each([
    ['operate/commands.md', commandsPage],
    ['operate/findings.md', findingsPage],
  ])('%s is as new as the code: npm run docs', (name, page) => {
    expect(readFileSync(join(root, 'docs', name), 'utf8')).toBe(page());
  });
});

describe('every command', () => {
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
  const commands = airlockProgram().commands.flatMap(all);

  it.each(commands.map((command) => [command.name(), command] as const))(
    '%s has --json with a schema, --debug and examples that it takes',
    (_, command) => {
      const text = commandText(command);
      const flags = command.options.map(({ long }) => long);
      expect(flags).toEqual(expect.arrayContaining(['--json', '--debug']));
      expect(Object.keys(text?.json ?? {}).length).toBeGreaterThan(0);
      expect(text?.examples.length).toBeGreaterThan(0);
      for (const [line] of text?.examples ?? []) {
        const known = line.split(' | ')[0]?.matchAll(/ (--[a-z-]+)/g) ?? [];
        expect(
          [...known].map(([, flag]) => flag).filter((flag) => !flags.includes(flag)),
          line,
        ).toEqual([]);
        const parent =
          command.parent instanceof Command && command.parent.name() !== 'airlock' ? `${command.parent.name()} ` : '';
        expect(line.startsWith(`${parent}${command.name()}`)).toBe(true);
      }
    },
  );
});

describe('the help of every command', () => {
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
  const program = airlockProgram();
  const commands = [program, ...program.commands.flatMap(all)];

  /** What a command prints for --help at a width. */
  function helpAt(width: number, command: Command): string {
    let help = '';
    vi.stubEnv('COLUMNS', String(width));
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    return help;
  }
  afterEach(() => vi.unstubAllEnvs());

  it.each(commands.map((command) => [command.name(), command] as const))(
    'fits 60, 80 and 200 columns: %s',
    (_, command) => {
      for (const width of [60, 80, 200]) {
        // Command lines and words stay whole.
        const tooLong = helpAt(width, command)
          .split('\n')
          .filter((line) => line.length > width && !/^(Usage:| {2}\$) airlock /.test(line) && /\S\s+\S/.test(line));
        expect(tooLong, `${width} columns`).toEqual([]);
      }
    },
  );

  it.each(commands.slice(1).map((command) => [command.name(), command] as const))(
    'has examples and exit codes: %s',
    (_, command) => {
      const help = helpAt(80, command);
      expect(help).toContain('\nExamples:\n  $ airlock ');
      for (const [code, meaning] of Object.entries(exitCodeMeanings))
        expect(help).toContain(`\n  ${code}  ${meaning.slice(0, 20)}`);
    },
  );
});

describe('the next command after an outcome', () => {
  const program = airlockProgram();
  const lines = outcomeCodes.flatMap((code) => nextCommand(code, { instance: 'i-0123456789abcdef0', node: 'n' }) ?? []);

  it.each([...new Set(lines)].filter((line) => line.startsWith('npx airlock ')))(
    'is one that airlock takes: %s',
    (line) => {
      const [, , name = '', ...words] = line.split(' ');
      const command = program.commands.find((one) => one.name() === name);
      const flags = command?.options.map(({ long }) => long) ?? [];
      expect(words.filter((word) => word.startsWith('--') && !flags.includes(word))).toEqual([]);
      const codes = line.match(/AL\d{4}/g) ?? [];
      expect(command?.name()).toEqual(name);
      expect(codes.filter((code) => !findingCodes.some((one) => one === code))).toEqual([]);
    },
  );
});

describe('every finding', () => {
  it.each(findingCodes)(
    '%s says what is wrong and what happens in a sentence each, with a fix and a link that leads somewhere',
    (code) => {
      const { sentence, effect, fix, link } = findingOf(code);
      for (const text of [sentence, effect]) expect(text).toMatch(/^[^\n]+\.$/);
      const filled = fillIn(`${effect} ${fix}`, Object.fromEntries(placeholders.map((name) => [name, 'x'])));
      expect(filled).not.toMatch(/\{[a-z]+\}/);
      if (link.startsWith('https://')) return;
      const [page = '', anchor] = link.split('#');
      const headings = [...readFileSync(join(root, page), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-'),
      );
      if (anchor !== undefined) expect(headings).toContain(anchor);
    },
  );
});
