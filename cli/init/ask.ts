import { createInterface } from 'node:readline/promises';
import { UsageError } from '../output/errors.ts';
import { outputWidth, print, wrap } from '../output/text.ts';
import type { Ask } from './answers.ts';

/** A person at the terminal; undefined without one, with `--json`, and in CI. */
export function personToAsk(json: boolean): Ask | undefined {
  const hasTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return hasTerminal && !json && process.env['CI'] === undefined ? askOnTerminal : undefined;
}

async function askOnTerminal(question: string, choices: readonly string[], usual: string): Promise<readonly string[]> {
  const width = outputWidth();
  print(wrap(question, width));
  if (choices.length > 0) print(wrap(`${choices.join(', ')} (several with commas)`, width, 2));
  for (;;) {
    const line = await readLine(usual === '' ? '> ' : `[${usual}] > `);
    const answer = readAnswer(line, choices, usual);
    if (typeof answer !== 'string') return answer;
    print(wrap(answer, width, 2));
  }
}

/** The values in an answer, or what is wrong with it. */
export function readAnswer(line: string, choices: readonly string[], usual: string): readonly string[] | string {
  const values = (line.trim() || usual)
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
  const wrong = choices.length === 0 ? [] : values.filter((value) => !choices.includes(value));
  if (values.length === 0) return 'An answer is needed.';
  return wrong.length === 0 ? values : `${wrong.join(', ')}: unknown; accepted: ${choices.join(', ')}.`;
}

async function readLine(prompt: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new AbortController();
  terminal.once('close', () => ended.abort());
  terminal.once('SIGINT', () => terminal.close());
  try {
    return await terminal.question(prompt, { signal: ended.signal });
  } catch {
    print('');
    throw new UsageError(
      'the input ended without an answer; accepted: an answer, or the options of airlock init --help',
    );
  } finally {
    terminal.close();
  }
}
