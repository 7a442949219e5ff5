// @ts-check
// Gestures: by the phone's accelerometer where the browser gives it, else by the pointer or the arrow keys.

import { showBars } from './bars.js';
import { call } from './call.js';
import { ofAccelerometer, ofPath } from './motion.js';
import { Pad } from './pad.js';
import { byId, percent, reason, say } from './words.js';

const EXAMPLES = 5;
let names = ['circle', 'zigzag', 'line'];
/** @type {number[]} */
let taught = [];
let most = 6;
let repeats = 0;
/** @type {Float32Array | undefined} */
let gesture;
/** @type {import('./motion.js').Reading[]} */
let readings = [];
let listening = false;
let holding = false;
let opened = false;

/** Builds the section when it is first looked at. */
export async function openGesture() {
  if (opened) {
    return;
  }
  opened = true;
  const pad = new Pad(byId('gesture-pad', HTMLCanvasElement), () => onPath(pad));
  byId('gesture-again').addEventListener('click', begin);
  byId('gesture-rule').addEventListener('change', begin);
  byId('use-motion').addEventListener('click', askForMotion);
  byId('gesture-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    addName();
  });
  const hold = byId('hold');
  hold.addEventListener('pointerdown', () => startHolding());
  ['pointerup', 'pointercancel', 'pointerleave'].forEach((name) => hold.addEventListener(name, () => endHolding()));
  hold.addEventListener('contextmenu', (event) => event.preventDefault());
  await begin();
}

async function begin() {
  ({ most, repeats } = await call('gestureBegin', { rule: byId('gesture-rule', HTMLSelectElement).value, seed: 3 }));
  taught = names.map(() => 0);
  gesture = undefined;
  showNames();
  showBars(byId('gesture-bars'), names, undefined);
  say('gesture-said', 'Make a gesture, then say what it was. Five examples of each are enough to start with.');
}

/** A path on the pad has ended. @param {Pad} pad */
function onPath(pad) {
  const path = pad.strokes.at(-1);
  pad.strokes = path ? [path] : [];
  pad.paint();
  if (path) {
    take(ofPath(path), 'That was too short: draw a longer path.');
  }
}

/** @param {Float32Array | undefined} found @param {string} otherwise */
async function take(found, otherwise) {
  gesture = found;
  if (!found) {
    say('gesture-said', otherwise);
    return;
  }
  const outputs = await call('gestureAsk', { x: found });
  const best = bestOf(outputs);
  showBars(byId('gesture-bars'), names, outputs);
  const known = taught.some((examples) => examples > 0);
  say('gesture-said', known ? `It says: ${names[best]}, ${percent(outputs[best])} sure. What was it?` : 'A gesture. What was it?');
}

/** The most likely of the gestures that have a name. @param {Float32Array} outputs */
function bestOf(outputs) {
  const named = Array.from(outputs).slice(0, names.length);
  return named.indexOf(Math.max(...named));
}

/** @param {number} label */
async function teach(label) {
  if (!gesture) {
    say('gesture-said', 'Make a gesture first, then name it.');
    return;
  }
  const { before, after, right, examples, steps } = await call('gestureTeach', { x: gesture, label });
  taught[label]++;
  showNames();
  showBars(byId('gesture-bars'), names, after);
  say('gesture-said', `${names[label]}: ${percent(before[label])} sure before, ${percent(after[label])} after. `
    + `${right} of ${examples} examples are right after ${steps} steps; each example is repeated ${repeats} times when a new one comes.`);
  gesture = undefined;
}

function addName() {
  const field = byId('gesture-name', HTMLInputElement);
  const name = field.value.trim();
  if (name === '' || names.includes(name) || names.length >= most) {
    say('gesture-said', names.length >= most ? `There is room for ${most} gestures.` : 'A new gesture needs a name of its own.');
    return;
  }
  field.value = '';
  names = [...names, name];
  taught.push(0);
  showNames();
  showBars(byId('gesture-bars'), names, undefined);
}

function showNames() {
  byId('gesture-names').replaceChildren(...names.map((name, label) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = `${name} · ${taught[label]} of ${EXAMPLES}`;
    button.setAttribute('aria-label', `Teach: that was ${name}; ${taught[label]} of ${EXAMPLES} examples so far`);
    button.classList.toggle('done', taught[label] >= EXAMPLES);
    button.addEventListener('click', () => teach(label));
    return button;
  }));
}

/** Asks for the accelerometer, as some browsers want to be asked. */
async function askForMotion() {
  const sensor = /** @type {any} */ (globalThis).DeviceMotionEvent;
  if (!sensor) {
    say('gesture-said', 'This browser gives no accelerometer. Draw the gesture on the pad instead.');
    return;
  }
  try {
    if (sensor.requestPermission && (await sensor.requestPermission()) !== 'granted') {
      say('gesture-said', 'The accelerometer was not allowed. Allow it in the browser\'s settings, or draw on the pad.');
      return;
    }
  } catch (error) {
    say('gesture-said', `The accelerometer cannot be used: ${reason(error)}. Draw the gesture on the pad instead.`);
    return;
  }
  listening = false;
  addEventListener('devicemotion', onMotion);
  setTimeout(() => {
    byId('hold').hidden = !listening;
    say('gesture-said', listening
      ? 'Hold the button, move the phone, let go.'
      : 'No reading came: this device has no accelerometer, or the page is not served by https or localhost. Draw on the pad instead.');
  }, 800);
}

/** @param {DeviceMotionEvent} event */
function onMotion(event) {
  const { x, y, z } = event.acceleration?.x != null ? event.acceleration : (event.accelerationIncludingGravity ?? { x: null, y: null, z: null });
  if (x === null || y === null || z === null) {
    return;
  }
  listening = true;
  if (holding) {
    readings.push([x, y, z]);
  }
}

function startHolding() {
  holding = true;
  readings = [];
  say('gesture-said', 'Move the phone, then let go.');
}

function endHolding() {
  if (holding) {
    holding = false;
    take(ofAccelerometer(readings), 'The phone hardly moved: hold the button longer, and move more.');
  }
}
