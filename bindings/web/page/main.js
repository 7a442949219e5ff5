// @ts-check
// The page: five sections as tabs, and what is said when the program cannot start.

import { startWorker } from './call.js';
import { openDraw } from './draw.js';
import { openDrift } from './drift.js';
import { openFiles } from './files.js';
import { openGesture } from './gesture.js';
import { openSee } from './see.js';
import { byId, reason } from './words.js';

/** @type {Record<string, () => void | Promise<void>>} */
const sections = { draw: () => {}, see: openSee, drift: openDrift, gesture: openGesture, files: () => {} };
const names = Object.keys(sections);

/** Says why the page cannot work, and hides what would not. @param {string} message */
function fail(message) {
  byId('failure').hidden = false;
  byId('failure-words').textContent = message;
  document.body.dataset.state = 'failed';
}

/** Shows a section. @param {string} name @param {boolean} [focus] */
function show(name, focus = false) {
  document.dispatchEvent(new Event('leave'));
  for (const each of names) {
    const tab = byId(`tab-${each}`);
    const chosen = each === name;
    tab.setAttribute('aria-selected', String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(each).hidden = !chosen;
    if (chosen && focus) {
      tab.focus();
    }
  }
  Promise.resolve(sections[name]()).catch((error) => fail(reason(error)));
}

function connectTabs() {
  for (const [at, name] of names.entries()) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener('click', () => {
      history.replaceState(null, '', `#${name}`);
      show(name);
    });
    tab.addEventListener('keydown', (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1, Home: -at, End: names.length - 1 - at }[event.key];
      if (move !== undefined) {
        event.preventDefault();
        show(names[(at + move + names.length) % names.length], true);
      }
    });
  }
}

async function run() {
  addEventListener('unhandledrejection', (event) => fail(reason(event.reason)));
  if (typeof WebAssembly !== 'object') {
    fail('This browser has no WebAssembly, or it is switched off. Openloop\'s core is a WebAssembly program: allow it in the settings, or use a browser of 2018 or later.');
    return;
  }
  if (typeof Worker !== 'function') {
    fail('This browser has no web workers, in which the networks learn. Use a browser of 2023 or later.');
    return;
  }
  startWorker((message) => fail(`The worker has stopped: ${message}. Use a browser of 2023 or later, and serve the whole folder.`));
  connectTabs();
  openFiles();
  await openDraw();
  const asked = location.hash.slice(1);
  show(names.includes(asked) ? asked : 'draw');
  document.body.dataset.state = 'ready';
}

// the page opens without a network once it was visited; where that is not allowed it works all the same
navigator.serviceWorker?.register('./offline.js').catch(() => undefined);
run().catch((error) => fail(reason(error)));
