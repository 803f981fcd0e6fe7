import { writeFileSync } from 'node:fs';
import { UsageError } from '../output/errors.ts';
import { html, type Markup, trusted } from './markup.ts';
import { style } from './style.ts';

/** The parts of a page. */
export interface PageParts {
  readonly title: string;
  /** Stands below the title. */
  readonly header: Markup;
  readonly main: Markup;
  /** When the page was made, ISO 8601. */
  readonly at: string;
  /** The command that made the page. */
  readonly command: string;
}

/** Nothing may be loaded or run: a page is one file, even if a text in it were not escaped. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A whole page: one file without scripts and without requests. */
export function page({ title, header, main, at, command }: PageParts): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${header}
</header>
<main>
${main}
</main>
<footer>Made by <code>${command}</code> at <time datetime="${at}">${at}</time>.</footer>
</body>
</html>`}\n`;
}

/** A part of a page with its heading. */
export function section(heading: string, ...content: readonly Markup[]): Markup {
  const id = heading.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${content.map((part) => html`${part}\n`)}</section>
`;
}

/** A column of a table. */
export interface Column<Row> {
  readonly name: string;
  readonly kind?: 'number' | 'time' | 'id';
  readonly cell: (row: Row) => string | Markup;
}

/** A table that scrolls by itself if the screen is narrow. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  const [first, ...others] = columns;
  if (first === undefined) throw new Error('a table needs a column');
  const classOf = ({ kind }: Column<Row>) => (kind === undefined ? html`` : html` class="${kind}"`);
  const line = (row: Row) =>
    html`<tr><th scope="row"${classOf(first)}>${first.cell(row)}</th>${others.map(
      (column) => html`<td${classOf(column)}>${column.cell(row)}</td>`,
    )}</tr>\n`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${classOf(column)}>${column.name}</th>`)}</tr></thead>
<tbody>
${rows.map(line)}</tbody>
</table></div>`;
}

/** A list of facts. A fact without a value is left out. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): Markup {
  const known = pairs.filter(([, value]) => value !== '');
  return html`<dl>${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>`;
}

/** @param option the option that names the file. @throws UsageError if the file cannot be written */
export function writePage(file: string, text: string, option = '--html'): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new UsageError(
      `option '${option}' names '${file}', which cannot be written (${reason}); accepted: a file in a folder that exists`,
    );
  }
}
