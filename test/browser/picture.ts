// npm run picture -- FILE.html OUT.png [light|dark] [WIDTH]: how a page looks.
import { pathToFileURL } from 'node:url';
import { startBrowser } from './browser.ts';

const [file = '', out = '', theme = 'light', width = '1280'] = process.argv.slice(2);
if (file === '' || out === '')
  throw new Error('usage: node test/browser/picture.ts FILE.html OUT.png [light|dark] [WIDTH]');
const browser = await startBrowser();
try {
  const page = await browser.newPage({
    colorScheme: theme === 'dark' ? 'dark' : 'light',
    viewport: { width: Number(width), height: 900 },
  });
  await page.goto(pathToFileURL(file).href);
  await page.screenshot({ path: out, fullPage: true });
} finally {
  await browser.close();
}
