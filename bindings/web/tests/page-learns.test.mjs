// The page in a real Chromium: it draws, teaches, reaches an accuracy, saves, loads, is given broken files, and says what is wrong.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ONE, RULES, SEVEN, ZERO, click, downloads, draw, open, saved, says, text, texts } from './page.mjs';

describe('draw and teach', () => {
  test('the trained start reaches an accuracy and knows what is drawn', async () => {
    const page = await open();
    const errors = (await texts(page, 'error')).map(parseFloat);
    assert.ok(errors.every((error) => error < 10), `wrong answers: ${errors}`);
    await draw(page, 'pad', ZERO);
    await page.waitForFunction(() => document.getElementById('sure-0').textContent !== '');
    const answers = await texts(page, 'answer');
    assert.ok(answers.filter((answer) => answer === '0').length >= 2, `a drawn 0 is called ${answers}`);
    assert.deepEqual(page.problems, []);
    await page.close();
  });

  test('from nothing, drawings that are named are learned: confidence rises with every step', async () => {
    const page = await open();
    await page.$eval('input[value="nothing"]', (input) => (input.checked = true));
    await page.$eval('#start', (form) => form.requestSubmit());
    await says(page, 'draw-said', /know nothing/);
    const before = await texts(page, 'sum');
    for (let turn = 0; turn < 5; turn++) {
      for (const [label, path] of [[1, ONE], [0, ZERO], [7, SEVEN]]) {
        await click(page, 'clear');
        await draw(page, 'pad', path);
        await page.$eval(`#names button:nth-child(${label + 1})`, (button) => button.click());
        await says(page, `right-0`, new RegExp(`of ${3 * turn + [1, 0, 7].indexOf(label) + 1}$`));
      }
    }
    assert.ok((await texts(page, 'right')).every((right) => parseInt(right, 10) >= 6), String(await texts(page, 'right')));
    (await texts(page, 'sum')).forEach((sum, i) => assert.notEqual(sum, before[i]));
    assert.match(await page.$eval('#confidence svg', (svg) => svg.getAttribute('aria-label')), /after 15 drawings: drtp \d/);
    await page.close();
  });

  test('a sign of its own gets a name, and an empty pad is said', async () => {
    const page = await open();
    await page.type('#sign-name', 'heart');
    await page.$eval('#sign', (form) => form.requestSubmit());
    await says(page, 'draw-said', /empty/);
    await draw(page, 'pad', [[0.5, 0.8], [0.2, 0.4], [0.35, 0.2], [0.5, 0.35], [0.65, 0.2], [0.8, 0.4], [0.5, 0.8]]);
    for (let turn = 0; turn < 3; turn++) {
      await page.type('#sign-name', 'heart');
      await page.$eval('#sign', (form) => form.requestSubmit());
      await says(page, 'right-0', new RegExp(`of ${turn + 1}$`));
    }
    assert.ok((await texts(page, 'answer')).filter((answer) => answer === 'heart').length >= 2, String(await texts(page, 'answer')));
    await page.close();
  });

  test('the keyboard draws, names and changes the section', async () => {
    const page = await open();
    await page.focus('#pad');
    await page.keyboard.press('Space');
    for (let i = 0; i < 10; i++) {
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Space');
    await page.waitForFunction(() => document.getElementById('sure-0').textContent !== '');
    await page.focus('#names button:nth-child(2)');
    await page.keyboard.press('Enter');
    await says(page, 'draw-said', /^Taught: 1/);
    await page.focus('#tab-draw');
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-see');
    assert.equal(await page.$eval('#see', (section) => section.hidden), false);
    await page.close();
  });

  test('a frame takes less than 16 ms of the page while the networks learn', async () => {
    const page = await open();
    await page.evaluate(() => {
      window.frames16 = 0;
      const next = () => { window.frames16++; requestAnimationFrame(next); };
      requestAnimationFrame(next);
    });
    const start = await page.metrics();
    await click(page, 'teach-digits');
    await says(page, 'draw-said', /200 shipped digits learned/);
    const [end, frames] = [await page.metrics(), await page.evaluate(() => window.frames16)];
    const each = (1000 * (end.ScriptDuration - start.ScriptDuration)) / frames;
    assert.ok(each < 16, `${each.toFixed(2)} ms of script a frame`);
    await page.close();
  });
});

describe('the same files', () => {
  test('the core on this machine has the page\'s checksums after the same drawings', async () => {
    const page = await open();
    for (const [label, path] of [[1, ONE], [0, ZERO], [7, SEVEN], [1, ONE]]) {
      await click(page, 'clear');
      await draw(page, 'pad', path);
      await page.$eval(`#names button:nth-child(${label + 1})`, (button) => button.click());
      await says(page, 'draw-said', new RegExp(`^Taught: ${label}`));
    }
    const strokes = await saved(page, 'save-strokes', 'strokes.csv');
    const sums = await texts(page, 'sum');
    for (const [i, rule] of RULES.entries()) {
      await page.select('#which', String(i));
      const model = await saved(page, 'save-start', `${rule}-start.olnb`);
      assert.equal(execFileSync(process.env.OPENLOOP_REPLAY, [model, strokes]).toString().trim(), sums[i], rule);
    }
    await page.close();
  });

  test('a saved model comes back with the same bits, and a broken one is refused in words', async () => {
    const page = await open();
    const sum = (await texts(page, 'sum'))[0];
    const path = await saved(page, 'save', 'drtp.olnb');
    await page.reload();
    await page.waitForFunction(() => document.body.dataset.state === 'ready', { timeout: 120_000 });
    await page.$eval('input[value="nothing"]', (input) => (input.checked = true));
    await page.$eval('#start', (form) => form.requestSubmit());
    await says(page, 'draw-said', /know nothing/);
    assert.notEqual((await texts(page, 'sum'))[0], sum);
    const input = await page.$('#file');
    await input.uploadFile(path);
    await says(page, 'files-said', /is loaded/);
    assert.equal((await texts(page, 'sum'))[0], sum);
    const bytes = readFileSync(path);
    bytes[1000] ^= 4;
    writeFileSync(join(downloads, 'broken.olnb'), bytes);
    await input.uploadFile(join(downloads, 'broken.olnb'));
    await says(page, 'files-said', /broken.olnb was not loaded: its checksum does not fit its content/);
    writeFileSync(join(downloads, 'cat.png'), 'a picture of a cat '.repeat(20));
    await input.uploadFile(join(downloads, 'cat.png'));
    await says(page, 'files-said', /cat.png was not loaded: .*no device blob.*Choose a file/);
    assert.equal((await texts(page, 'sum'))[0], sum, 'nothing has changed');
    assert.deepEqual(page.problems, []);
    await page.close();
  });

  test('the browser keeps the models, and a full storage is said', async () => {
    const page = await open();
    const sums = await texts(page, 'sum');
    await click(page, 'restore');
    await says(page, 'files-said', /Nothing is kept/);
    await click(page, 'keep');
    await says(page, 'files-said', /are kept in this browser/);
    await click(page, 'teach-digits');
    await says(page, 'draw-said', /200 shipped digits learned/);
    await click(page, 'restore');
    await says(page, 'files-said', /are back/);
    assert.deepEqual(await texts(page, 'sum'), sums);
    await page.evaluate(() => {
      Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
    });
    await click(page, 'keep');
    await says(page, 'files-said', /storage for this page is full.*Save the network to a file/);
    await click(page, 'forget');
    await page.close();
  });
});

describe('see the difference', () => {
  test('local layers are never locked, and bp\'s learn on the way back', async () => {
    const page = await open({ tab: 'see' });
    await says(page, 'see-said', /drtp takes 5 parts, local-error takes 5 parts, bp takes 10 parts/);
    const states = (m) => page.$$eval(`.lane:nth-child(${m + 1}) .layer`, (layers) => layers.map((layer) => layer.dataset.state));
    const row = (name) => page.$$eval('#counts tr', (rows, wanted) => {
      const found = rows.find((each) => each.firstElementChild.textContent === wanted);
      return Array.from(found.querySelectorAll('td'), (cell) => cell.textContent);
    }, name);
    for (let part = 0; part < 5; part++) {
      await click(page, 'see-next');
      await page.waitForFunction((done) => document.querySelector('#counts td').textContent === `${done} of 5`, {}, part + 1);
    }
    assert.deepEqual(await states(0), Array(5).fill('learned'));
    assert.deepEqual(await states(1), Array(5).fill('learned'));
    assert.deepEqual(await states(2), Array(5).fill('locked'));
    assert.deepEqual(await row('Layers locked now'), ['0', '0', '5']);
    assert.deepEqual(await row('Outputs kept for later, now'), ['0 B', '0 B', `${4 * (32 + 28 + 24 + 20 + 10)} B`]);
    await click(page, 'see-next');
    await page.waitForFunction(() => document.querySelector('#counts td:nth-child(4)').textContent === '6 of 10');
    assert.deepEqual(await states(2), ['locked', 'locked', 'locked', 'locked', 'learned']);
    for (let part = 6; part < 10; part++) {
      await click(page, 'see-next');
      await page.waitForFunction((done) => document.querySelector('#counts td:nth-child(4)').textContent === `${done} of 10`, {}, part + 1);
    }
    assert.deepEqual(await states(2), Array(5).fill('learned'));
    assert.deepEqual(await row('Weights read backwards'), ['0', '0', (32 * 28 + 28 * 24 + 24 * 20 + 20 * 10).toLocaleString('en')]);
    assert.deepEqual(page.problems, []);
    await page.close();
  });
});

describe('a sensor that drifts', () => {
  test('the frozen and the learning network part ways, and a glitch is survived', async () => {
    const page = await open({ tab: 'drift' });
    await says(page, 'drift-said', /Both networks learned/);
    await page.$eval('#speed', (slider) => { slider.value = '4'; slider.dispatchEvent(new Event('input', { bubbles: true })); });
    await click(page, 'drift-run');
    await page.waitForFunction(() => {
      const [learning, frozen] = ['share-learning', 'share-frozen'].map((id) => parseFloat(document.getElementById(id).textContent));
      return learning > frozen + 10;
    }, { timeout: 60_000 });
    await click(page, 'glitch');
    await says(page, 'drift-said', /1e20. It counted as 8 deviations/);
    await click(page, 'glitch-nan');
    await says(page, 'drift-said', /refused the row: .*not a number/);
    await click(page, 'drift-run');
    assert.deepEqual(page.problems, []);
    await page.close();
  });
});

describe('gestures', () => {
  test('three gestures are known after five examples each, and a missing accelerometer is said', async () => {
    const page = await open({ tab: 'gesture' });
    await says(page, 'gesture-said', /Make a gesture/);
    const jitter = (i) => 0.02 * Math.sin(7 * i);
    const shapes = (i) => [
      Array.from({ length: 16 }, (_, k) => [0.5 + (0.3 + jitter(i)) * Math.cos(k / 2.4), 0.5 + 0.3 * Math.sin(k / 2.4)]),
      [[0.1, 0.2], [0.3, 0.8 + jitter(i)], [0.5, 0.2], [0.7, 0.8], [0.9, 0.2 + jitter(i)]],
      [[0.1, 0.5 + jitter(i)], [0.5, 0.5], [0.9, 0.5 - jitter(i)]],
    ];
    for (let i = 0; i < 5; i++) {
      for (const [label, shape] of shapes(i).entries()) {
        await draw(page, 'gesture-pad', shape);
        await says(page, 'gesture-said', /What was it/);
        await page.$eval(`#gesture-names button:nth-child(${label + 1})`, (button) => button.click());
        await says(page, 'gesture-said', /sure before/);
      }
    }
    for (const [label, shape] of shapes(9).entries()) {
      await draw(page, 'gesture-pad', shape);
      await says(page, 'gesture-said', new RegExp(`It says: ${['circle', 'zigzag', 'line'][label]}`));
      await click(page, 'gesture-names');
    }
    await page.evaluate(() => { delete globalThis.DeviceMotionEvent; });
    await click(page, 'use-motion');
    await says(page, 'gesture-said', /no accelerometer/);
    await page.close();
  });
});

describe('a browser that lacks something', () => {
  test('no WebAssembly and no workers are said in words', async () => {
    const without = async (prepare, pattern) => {
      const page = await open({ prepare, state: 'failed' });
      assert.match(await text(page, 'failure-words'), pattern);
      await page.close();
    };
    await without(() => { delete globalThis.WebAssembly; }, /no WebAssembly.*allow it/);
    await without(() => { delete globalThis.Worker; }, /no web workers/);
  });
});
