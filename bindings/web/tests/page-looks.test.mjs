// The page in a real Chromium: without a network, on a phone, for a screen reader; pictures of it go to the folder `pictures`.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { SEVEN, TABS, addressOf, browser, draw, open, says, serve, texts } from './page.mjs';

describe('without a network', () => {
  test('a page that was visited opens and learns', async () => {
    const own = await serve();
    const page = await browser.newPage();
    await page.goto(addressOf(own));
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    own.closeAllConnections();
    await new Promise((resolve) => own.close(resolve));
    await page.reload();
    await page.waitForFunction(() => document.body.dataset.state === 'ready', { timeout: 120_000 });
    assert.ok((await texts(page, 'error')).every((error) => parseFloat(error) < 10));
    await page.close();
  });
});

describe('looks', () => {
  test('nothing is wider than a phone, every target has 44 pixels and every control a name', async () => {
    for (const tab of TABS) {
      const page = await open({ tab, width: 390 });
      const found = await page.evaluate(() => {
        const shown = Array.from(document.querySelectorAll('button, select, input, a')).filter((element) => element.offsetParent);
        const small = shown.filter((element) => {
          const box = (element.type === 'radio' ? element.parentElement : element).getBoundingClientRect();
          return box.height < 44 || box.width < 44;
        });
        return { width: document.documentElement.scrollWidth, small: small.map((element) => element.outerHTML) };
      });
      assert.deepEqual([found.width <= 390, found.small], [true, []], `${tab}: ${found.width} wide`);
      const nodes = [];
      const collect = (node) => { nodes.push(node); (node.children ?? []).forEach(collect); };
      collect(await page.accessibility.snapshot());
      const controls = nodes.filter(({ role }) => /button|slider|textbox|combobox|radio|tab$|spinbutton/i.test(role));
      assert.deepEqual(controls.filter(({ name }) => !name), [], tab);
      await page.close();
    }
  });

  test('pictures are taken in both widths and both colours', async () => {
    const pictures = new URL('../pictures/', import.meta.url).pathname;
    mkdirSync(pictures, { recursive: true });
    for (const tab of TABS) {
      const page = await open({ tab });
      if (tab === 'draw') {
        await draw(page, 'pad', SEVEN);
        await page.$eval('#names button:nth-child(8)', (button) => button.click());
        await says(page, 'draw-said', /^Taught/);
      }
      for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']]) {
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
        await page.screenshot({ path: join(pictures, `${tab}-${width}-${scheme}.png`), fullPage: true });
      }
      assert.deepEqual(page.problems, []);
      await page.close();
    }
  });
});
