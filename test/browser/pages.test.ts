import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { storyPage } from '../../cli/explain/page.ts';
import { storyOf } from '../../cli/explain/story.ts';
import { reportPage } from '../../cli/report/page.ts';
import { summarize } from '../../cli/report/summarize.ts';
import { week, weekOf } from '../cli/fixtures/period.ts';
import { failedRun, releasedRun } from '../cli/fixtures/runs.ts';
import { hostile } from '../cli/html/hostile.ts';
import { findChromium, startBrowser } from './browser.ts';

const at = '2026-11-21T10:00:00.000Z';
const deployment = {
  stateMachine: 'arn:aws:states:eu-central-1:123456789012:stateMachine:Airlock',
  group: '/aws/events/Airlock/audit-1',
};
const audit = [{ time: at, type: 'Node Quarantined', detail: { outcome: 'proof-failed', detail: 'no sandbox' } }];
const notChecked = [{ resource: 'the audit log group', reason: 'not authorized' }];
const failed = storyOf([failedRun(2, 'proof-failed', 'no sandbox')], audit, { notChecked, deployment });
const noAdvisories = () => [];
const pages: Readonly<Record<string, string>> = {
  'a launch that was released': storyPage(storyOf([releasedRun(1)], audit, { notChecked: [], deployment }), at),
  'a launch that failed': storyPage(failed, at),
  'a launch with markup in each text': storyPage({ ...hostile(failed), version: 1 }, at),
  'a report of 5,000 launches': reportPage(summarize(weekOf(5_000), week, noAdvisories)),
  'a report without a launch': reportPage(summarize({ ...weekOf(0), notChecked }, week, noAdvisories)),
};

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

// Debian's chromium is not on every machine; CI installs it for the tests that other lanes skip.
describe.skipIf(findChromium() === undefined)('in a browser, if PATH has chromium', () => {
  let browser: Browser;
  const folder = mkdtempSync(join(inject('scratch'), 'pages-'));

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  describe.each(Object.keys(pages))('%s', (name) => {
    let page: Page;
    const complaints: string[] = [];
    const requests: string[] = [];

    beforeAll(async () => {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, pages[name] ?? '');
      page = await browser.newPage();
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', ({ message }) => complaints.push(message));
      page.on('dialog', async (dialog) => {
        complaints.push(dialog.message());
        await dialog.dismiss();
      });
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(file).href);
    });
    afterAll(() => page.close());

    it('reaches by the keyboard all that can be used, in the order in which it stands', async () => {
      const usable = await page.locator('a[href], summary, [tabindex="0"]').count();
      // What a closed <details> contains is not reached.
      const hidden = await page.locator('details:not([open]) [tabindex="0"]').count();
      const places: number[] = [];
      for (let step = 0; step < usable - hidden; step++) {
        await page.keyboard.press('Tab');
        places.push(await page.evaluate<number>('[...document.querySelectorAll("*")].indexOf(document.activeElement)'));
      }
      expect(new Set(places).size).toBe(usable - hidden);
      expect(places).toEqual(places.toSorted((one, other) => one - other));
    });

    it.each(['light', 'dark'] as const)('has nothing that axe finds: %s', async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<AxeResult>('axe.run()');
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    });

    it('fits a narrow screen except for tables and charts that scroll', async () => {
      await page.setViewportSize({ width: 360, height: 700 });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    });

    it('prints in full on light paper', async () => {
      await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
      await page.setViewportSize({ width: 700, height: 900 });
      expect(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
      const cut =
        '[...document.querySelectorAll(".scroll, pre")].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.outerHTML.slice(0, 300))';
      expect(await page.evaluate<string[]>(cut)).toEqual([]);
      for (const receipt of await page.locator('details pre').all()) expect(await receipt.isVisible()).toBe(true);
      expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    });

    it('asks for nothing and has complained about nothing in all of that', () => {
      expect(requests.length).toBe(1);
      expect(complaints).toEqual([]);
    });
  });
});
