import { styleText } from 'node:util';
import { Help } from 'commander';

type Format = Parameters<typeof styleText>[0];

/** The width of the output in columns: the terminal's, COLUMNS, or 80. */
export function outputWidth(): number {
  const { columns = Number(process.env['COLUMNS']) || 80 } = process.stdout;
  return columns;
}

/** A text in a style, if standard output is a terminal that shows it and NO_COLOR is not set. */
export function styled(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/**
 * Breaks a text into lines between its words. A word longer than a line stays whole.
 *
 * @param width in columns, with the indentation
 * @param indent how many spaces each line begins with
 */
export function wrap(text: string, width: number, indent = 0): string {
  const margin = ' '.repeat(indent);
  // Commander does not wrap below 40 columns.
  const lines = new Help().boxWrap(text, Math.max(width - indent, 40)).split('\n');
  return lines.map((line) => `${margin}${line}`.trimEnd()).join('\n');
}

/**
 * Breaks a text like {@link wrap} behind a beginning that its first line has. The other lines are aligned with the
 * text.
 */
export function hang(beginning: string, text: string, width: number): string {
  const indent = beginning.length;
  return `${beginning}${wrap(text, width, indent).slice(indent)}`.trimEnd();
}

/** Whether standard output takes control sequences: a terminal does, unless NO_COLOR is set. */
function takesSequences(): boolean {
  return process.stdout.isTTY === true && styled('bold', 'x') !== 'x';
}

/**
 * A name that leads to an address: a link in a terminal, and both in a pipe. Source: "Hyperlinks in Terminal Emulators"
 * (OSC 8).
 */
export function link(name: string, url: string): string {
  const start = '\u001b]8;;';
  const end = '\u001b\\';
  return takesSequences() ? `${start}${url}${end}${name}${start}${end}` : `${name}  ${url}`;
}

/** Writes text to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
