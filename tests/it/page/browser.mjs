// Opens a page at two widths, light and dark, and holds it to what a reader needs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';

const [file, name] = process.argv.slice(2);
const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  headless: 'shell',
  args: ['--no-sandbox', '--no-zygote', '--in-process-gpu', '--use-gl=angle', '--use-angle=swiftshader'],
});

// Goes on by Tab until `wanted` has the focus.
async function tabTo(page, wanted) {
  for (let step = 0; step < 200; step += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((selector) => document.activeElement.matches(selector), wanted)) return;
  }
  assert.fail(`${wanted} is not reached by Tab`);
}

try {
  for (const width of [360, 1440]) {
    for (const scheme of ['light', 'dark']) {
      const page = await browser.newPage();
      const wrong = [];
      page.on('console', (message) => wrong.push(message.text()));
      page.on('pageerror', (error) => wrong.push(String(error)));
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) wrong.push(`loads ${request.url()}`);
      });
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(`file://${file}`);
      assert.equal(await page.$eval('#filter', (filter) => filter.hidden), false);
      if (name === 'failed') {
        await tabTo(page, '.findings a');
        await page.keyboard.press('Enter');
        // The link leads to the broken arrow, opens it and moves the focus there.
        await page.waitForFunction(() => document.activeElement.querySelector('line.x'));
        assert(await page.evaluate(() => document.activeElement.parentElement.open));
        await page.keyboard.press('Enter');
        assert(await page.evaluate(() => !document.activeElement.parentElement.open));
      }
      await page.$eval('#query', (query) => query.focus());
      await page.keyboard.type('no such scenario');
      assert.equal(await page.$$eval('.scenario:not([hidden])', (shown) => shown.length), 0);
      await page.$eval('#query', (query) => query.select());
      await page.keyboard.press('Backspace');
      assert.equal(await page.$$eval('.scenario:not([hidden])', (shown) => shown.length), 1);
      await page.$$eval('details', (all) => all.forEach((one) => { one.open = true; }));
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert(overflow <= 0, `${width}: ${overflow} pixels too wide`);
      assert.deepEqual(wrong, []);
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      const violations = found.violations.map((one) => `${one.id}: ${one.nodes[0].html}`);
      assert.deepEqual(violations, [], `${width} ${scheme}`);
      await page.close();
    }
  }
} finally {
  await browser.close();
}
