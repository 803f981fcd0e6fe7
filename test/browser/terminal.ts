// npm run picture:terminal -- OUT.png COLUMNS COMMAND ...: how a terminal of a width looks once a command has ended.
import { spawnSync } from 'node:child_process';
import serialize from '@xterm/addon-serialize';
import xterm from '@xterm/headless';
import { startBrowser } from './browser.ts';

const [out = '', columns = '80', ...words] = process.argv.slice(2);
if (out === '' || words.length === 0)
  throw new Error('usage: node test/browser/terminal.ts OUT.png COLUMNS COMMAND ...');
// A pseudo-terminal, so that the command has colours and a width.
const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
const { stdout } = spawnSync('script', ['-qec', `stty cols ${Number(columns)} rows 24; ${command}`, '/dev/null'], {
  env: { ...process.env, NO_COLOR: undefined, TERM: 'xterm-256color', COLUMNS: columns },
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 60 + Number(columns) * 9, height: 400 } });
  await page.setContent(await htmlOf(stdout));
  await page.addStyleTag({
    content: `body { margin: 16px; background: #0e1116 } pre div div { background: #0e1116 !important; color: #e6edf3; font: 15px/1.35 'DejaVu Sans Mono', monospace !important }`,
  });
  await page.screenshot({ path: out, fullPage: true });
} finally {
  await browser.close();
}

/** What a terminal shows after some output, with all that scrolled away. */
async function htmlOf(output: string): Promise<string> {
  const terminal = new xterm.Terminal({ cols: Number(columns), rows: 24, scrollback: 100_000, allowProposedApi: true });
  const addon = new serialize.SerializeAddon();
  terminal.loadAddon(addon);
  await new Promise<void>((resolve) => terminal.write(output, resolve));
  return addon.serializeAsHTML({ includeGlobalBackground: true });
}
