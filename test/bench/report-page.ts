// npm run bench:pages: how long the report of 5,000 launches takes to make, and to open in Chromium.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reportPage } from '../../cli/report/page.ts';
import { summarize } from '../../cli/report/summarize.ts';
import { quantile } from '../../domain/quantile.ts';
import { startBrowser } from '../browser/browser.ts';
import { week, weekOf } from '../cli/fixtures/period.ts';

const reading = weekOf(5_000);
const began = performance.now();
const summary = summarize(reading, week, () => []);
const summarized = performance.now();
const text = reportPage(summary);
const made = performance.now();

const folder = mkdtempSync(join(tmpdir(), 'airlock-page-'));
const browser = await startBrowser();
try {
  const file = join(folder, 'report.html');
  writeFileSync(file, text);
  const opened: number[] = [];
  for (let round = 0; round < 10; round++) {
    const page = await browser.newPage();
    const start = performance.now();
    await page.goto(pathToFileURL(file).href);
    // Two frames later the page is drawn.
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    opened.push(performance.now() - start);
    await page.close();
  }
  const rows = [
    ['summarize 5,000 launches', summarized - began],
    ['make the page, with the charts', made - summarized],
    ['open it until it is drawn, median of 10', quantile(opened, 0.5)],
    ['open it until it is drawn, worst of 10', quantile(opened, 1)],
  ] as const;
  process.stdout.write(
    `| step | ms |\n|---|---|\n${rows.map(([step, ms]) => `| ${step} | ${ms.toFixed(0)} |`).join('\n')}\n`,
  );
  process.stdout.write(`\n${(Buffer.byteLength(text) / 1_024).toFixed(0)} KiB\n`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
