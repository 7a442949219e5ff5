// @ts-check
// The worker: it owns the WebAssembly program and every model, and answers the page's calls one by one.

import { start } from './openloop.js';
import { loadDigits } from './digits.js';
import * as lesson from './lesson.js';
import * as slow from './slow.js';
import * as sensor from './sensor.js';
import * as gestures from './gestures.js';

/** @type {Record<string, (context: any, given: any, progress: (value: any) => void) => any>} */
const calls = { ...lesson.calls, ...slow.calls, ...sensor.calls, ...gestures.calls };
const ready = prepare();

async function prepare() {
  const [program, digits] = await Promise.all([start(), loadDigits()]);
  return { program, digits };
}

self.addEventListener('message', async ({ data }) => {
  const { id, name, given } = data;
  try {
    const context = await ready;
    const result = await calls[name](context, given, (progress) => self.postMessage({ id, progress }));
    self.postMessage({ id, result });
  } catch (error) {
    self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
