import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { storyPage } from '../../cli/explain/page.ts';
import { storyOf } from '../../cli/explain/story.ts';
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
const pages: Readonly<Record<string, string>> = {
  'a launch that was released': storyPage(storyOf([releasedRun(1)], audit, { notChecked: [], deployment }), at),
  'a launch that failed': storyPage(failed, at),
  'a launch with markup in each text': storyPage({ ...hostile(failed), version: 1 }, at),
};

/** What a page did that it must not do. */
interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

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

  async function open(name: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> {
    const file = join(folder, `${name}.html`);
    writeFileSync(file, pages[name] ?? '');
    const page = await browser.newPage({ bypassCSP: false, ...options });
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('dialog', async (dialog) => {
      complaints.push(dialog.message());
      await dialog.dismiss();
    });
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    expect([requests.length, complaints]).toEqual([1, []]);
    return { page, complaints, requests };
  }

  const names = Object.keys(pages);
  const looks = names.flatMap((name) => (['light', 'dark'] as const).map((theme) => [name, theme] as const));

  it.each(looks)('%s, %s: no complaint, no request, and nothing that axe finds', async (name, theme) => {
    const { page, complaints, requests } = await open(name, { colorScheme: theme, bypassCSP: true });
    await page.addScriptTag({ content: axe.source });
    const { violations } = await page.evaluate<AxeResult>('axe.run()');
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    expect([requests.length, complaints]).toEqual([1, []]);
    await page.close();
  });

  it.each(names)(
    '%s: all that can be used is reached by the keyboard, in the order in which it stands',
    async (name) => {
      const { page } = await open(name);
      const places: number[] = [];
      const usable = await page.locator('a[href], summary, [tabindex="0"]').count();
      for (let step = 0; step < usable; step++) {
        await page.keyboard.press('Tab');
        // What a closed <details> contains is not reached.
        places.push(await page.evaluate<number>('[...document.querySelectorAll("*")].indexOf(document.activeElement)'));
      }
      const hidden = await page.locator('details:not([open]) [tabindex="0"]').count();
      const reached = places.slice(0, usable - hidden);
      expect(new Set(reached).size).toBe(usable - hidden);
      expect(reached).toEqual(reached.toSorted((one, other) => one - other));
      await page.close();
    },
  );

  it.each(names)(
    '%s: fits a narrow screen except for tables and charts that scroll, and prints in full on light paper',
    async (name) => {
      const { page } = await open(name, { colorScheme: 'dark', viewport: { width: 360, height: 700 } });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);

      await page.setViewportSize({ width: 700, height: 900 });
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
      const cut =
        '[...document.querySelectorAll(".scroll, pre")].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.outerHTML.slice(0, 300))';
      expect(await page.evaluate<string[]>(cut)).toEqual([]);
      for (const receipt of await page.locator('details pre').all()) expect(await receipt.isVisible()).toBe(true);
      expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
      await page.close();
    },
  );
});
