// The page in a real Chromium, as the tests use it: served, opened, drawn on, read.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before } from 'node:test';
import puppeteer from 'puppeteer-core';

const FOLDER = process.env.OPENLOOP_PAGE;
export const TABS = ['draw', 'see', 'drift', 'gesture', 'files'];
export const RULES = ['drtp', 'local-error', 'bp'];
const KINDS = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
export const downloads = mkdtempSync(join(tmpdir(), 'openloop-page-'));
let server;
/** What `before` starts. */
export let browser;
export let address;

/** A file server of the page at a free port. */
export async function serve() {
  const made = createServer((request, response) => {
    const path = join(FOLDER, request.url === '/' ? 'index.html' : request.url.split('?')[0]);
    if (!existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': KINDS[extname(path)] ?? 'application/octet-stream' }).end(readFileSync(path));
  });
  await new Promise((resolve) => made.listen(0, '127.0.0.1', resolve));
  return made;
}

export const addressOf = (made) => `http://127.0.0.1:${made.address().port}/`;

before(async () => {
  server = await serve();
  address = addressOf(server);
  const args = ['--no-sandbox', '--headless=new', '--disable-background-networking'];
  browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
});

after(async () => {
  await browser?.close();
  server?.close();
  rmSync(downloads, { recursive: true, force: true });
});

/** A page that is ready, with what it must not do watched. */
export async function open({ tab = 'draw', width = 1280, scheme = 'light', prepare, state = 'ready' } = {}) {
  const page = await browser.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('request', (request) => {
    if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(address)) {
      page.problems.push(`asks for ${request.url()}`);
    }
  });
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  const session = await page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads, eventsEnabled: true });
  if (prepare) {
    await page.evaluateOnNewDocument(prepare);
  }
  await page.goto(`${address}#${tab}`);
  await page.waitForFunction((wanted) => document.body.dataset.state === wanted, { timeout: 120_000 }, state);
  return page;
}

export const text = (page, id) => page.$eval(`#${id}`, (element) => element.textContent);
export const texts = (page, name) => Promise.all([0, 1, 2].map((i) => text(page, `${name}-${i}`)));
export const click = (page, id) => page.$eval(`#${id}`, (element) => element.click());
export const says = (page, id, pattern) =>
  page.waitForFunction((at, words) => new RegExp(words).test(document.getElementById(at).textContent), { timeout: 60_000 }, id, pattern.source);

/** Draws a path of points from 0 to 1 on a canvas with the mouse. */
export async function draw(page, canvas, points) {
  const handle = await page.$(`#${canvas}`);
  await handle.scrollIntoView();
  const box = await handle.boundingBox();
  const place = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...place(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) {
    await page.mouse.move(...place(point), { steps: 3 });
  }
  await page.mouse.up();
}

/** A file that the page saves by a button. */
export async function saved(page, button, name) {
  const path = join(downloads, name);
  rmSync(path, { force: true });
  await click(page, button);
  for (let tries = 0; tries < 100 && !existsSync(path); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return path;
}

export const ONE = [[0.5, 0.1], [0.5, 0.5], [0.5, 0.9]];
export const ZERO = Array.from({ length: 25 }, (_, i) => [0.5 + 0.25 * Math.sin(i / 4), 0.5 - 0.4 * Math.cos(i / 4)]);
export const SEVEN = [[0.25, 0.15], [0.75, 0.15], [0.6, 0.5], [0.45, 0.9]];
