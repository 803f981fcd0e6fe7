// npm run picture:terminal -- OUT.png COLUMNS COMMAND ...: how the output of a command looks in a terminal of a width.
import { spawnSync } from 'node:child_process';
import { html, type Markup } from '../../cli/html/markup.ts';
import { startBrowser } from './browser.ts';

/** A control sequence: the escape character, parameters, and a letter. */
const sequence = `${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`;

const [out = '', columns = '80', ...words] = process.argv.slice(2);
if (out === '' || words.length === 0)
  throw new Error('usage: node test/browser/terminal.ts OUT.png COLUMNS COMMAND ...');
// A pseudo-terminal, so that the command has colours and a width.
const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
const { stdout } = spawnSync('script', ['-qec', `stty cols ${Number(columns)} rows 60; ${command}`, '/dev/null'], {
  env: { ...process.env, TERM: 'xterm-256color', COLUMNS: columns },
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 40 + Number(columns) * 9, height: 400 } });
  await page.setContent(
    String(
      html`<body style="margin:0;background:#0e1116;color:#e6edf3"><pre style="font:15px/1.35 'DejaVu Sans Mono',monospace;padding:16px;width:${columns}ch;white-space:pre-wrap;word-break:break-all">${coloured(stdout)}</pre></body>`,
    ),
  );
  await page.screenshot({ path: out, fullPage: true });
} finally {
  await browser.close();
}

/** Text with the colours and weights of its escape sequences. Other sequences are left out. */
function coloured(text: string): readonly Markup[] {
  const colours: Readonly<Record<string, string>> = {
    '31': '#ff8a80',
    '32': '#4ac26b',
    '33': '#e3b341',
    '34': '#6cb6ff',
    '35': '#e3669f',
    '36': '#56d4dd',
    '90': '#9aa5b1',
  };
  let [colour, weight] = ['inherit', 'normal'];
  // Links show only their name.
  const start = String.fromCharCode(27);
  const shown = text.replaceAll(new RegExp(`${start}\\]8;;[^${start}]*${start}.`, 'g'), '').replaceAll('\r', '');
  const parts = shown.split(new RegExp(`(${sequence})`));
  return parts.flatMap((part) => {
    const [, codes = '', kind = ''] =
      /^.\[([0-9;?]*)([A-Za-z])$/.exec(new RegExp(`^${sequence}$`).test(part) ? part : '') ?? [];
    if (kind === '') return [html`<span style="color:${colour};font-weight:${weight}">${part}</span>`];
    for (const code of kind === 'm' ? codes.split(';') : []) {
      if (code === '1') weight = 'bold';
      else if (code === '22') weight = 'normal';
      else if (code === '39' || code === '0' || code === '') colour = 'inherit';
      else colour = colours[code] ?? colour;
      if (code === '0' || code === '') weight = 'normal';
    }
    return [];
  });
}
