// @ts-check
// Draw and teach: a drawing that is named is one learning step of three models, side by side.

import { showBars } from './bars.js';
import { call } from './call.js';
import { Chart } from './chart.js';
import { Pad, paintPixels } from './pad.js';
import { rasterise } from './raster.js';
import { shared } from './shared.js';
import { byId, count, describe, percent, reason, say } from './words.js';

const DIGITS = 10;
const LINES = [
  { name: 'drtp', className: 'one' },
  { name: 'local-error', className: 'two' },
  { name: 'bp', className: 'three' },
];

/** The pixels on the pad: drawn, or an example's. @type {Float32Array} */
let pixels = new Float32Array(64);
/** Names of the signs of one's own, behind the ten digits. @type {string[]} */
let signs = [];
let steps = 0;
let right = [0, 0, 0];
let example = 0;
/** @type {Pad} */
let pad;
/** @type {Chart} */
let errors;
/** @type {Chart} */
let confidence;

/** What a class is called. @param {number} label */
export const nameOf = (label) => (label < DIGITS ? String(label) : (signs[label - DIGITS] ?? `sign ${label - DIGITS + 1}`));
/** @returns {string[]} */
export const signNames = () => signs;
/** @param {string[]} names */
export function setSigns(names) {
  signs = names;
  showNames();
}

/** Builds the section and starts with what the page says. */
export async function openDraw() {
  pad = new Pad(byId('pad', HTMLCanvasElement), onDrawing);
  errors = new Chart(byId('errors'), { title: 'Wrong answers on digits kept back', across: 'steps', lines: LINES });
  confidence = new Chart(byId('confidence'), {
    title: 'Confidence in the right name, asked before it was told', across: 'drawings', lines: LINES,
  });
  byId('clear').addEventListener('click', () => pad.clear());
  byId('example').addEventListener('click', showExample);
  byId('teach-digits').addEventListener('click', () => teachDigits(200));
  byId('start', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    begin();
  });
  byId('sign', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    addSign();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    paintPixels(byId('pixels', HTMLCanvasElement), pixels);
  });
  showNames();
  await begin();
}

/** Begins anew, from the digits or from nothing. */
async function begin() {
  const form = new FormData(byId('start', HTMLFormElement));
  const from = String(form.get('from'));
  const seed = Math.min(999999, Math.max(0, Math.floor(Number(form.get('seed')) || 0)));
  steps = 0;
  right = [0, 0, 0];
  shared.lesson = [];
  errors.clear();
  confidence.clear();
  say('draw-said', from === 'digits' ? 'Learning the shipped digits.' : 'Three networks with the same random weights.');
  const states = await call('begin', { from, seed }, onProgress);
  steps = states[0].samples;
  shared.startFiles = await call('saveAll');
  showStates(states);
  say('draw-said', from === 'digits'
    ? `Three networks have learned ${count(steps)} shipped digits. Draw one and see what they say.`
    : 'Three networks that know nothing. Draw something and name it.');
  await ask();
}

/** @param {{ done: number, errors: number[] }} progress */
function onProgress({ done, errors: found }) {
  errors.add(steps + done, found);
  found.forEach((error, i) => (byId(`error-${i}`).textContent = percent(error)));
}

/** @param {any[]} states */
export function showStates(states) {
  shared.states = states;
  errors.add(steps, states.map((state) => state.error));
  states.forEach((state, i) => {
    byId(`rule-${i}`).textContent = state.rule;
    byId(`error-${i}`).textContent = percent(state.error);
    byId(`sum-${i}`).textContent = state.checksum;
    byId(`bytes-${i}`).textContent = `${count(state.plan.step)} B`;
  });
  document.dispatchEvent(new Event('states'));
}

function onDrawing() {
  pixels = rasterise(pad.strokes);
  paintPixels(byId('pixels', HTMLCanvasElement), pixels);
  ask();
}

/** What the networks answer to what is on the pad. */
async function ask() {
  shared.pixels = pixels;
  if (pixels.every((value) => value === 0)) {
    LINES.forEach((_, i) => showAnswer(i, undefined));
    return;
  }
  const answers = await call('ask', { x: pixels });
  answers.forEach((/** @type {Float32Array} */ outputs, /** @type {number} */ i) => showAnswer(i, outputs));
}

/** @param {number} i @param {Float32Array | undefined} outputs */
function showAnswer(i, outputs) {
  const names = Array.from({ length: DIGITS + signs.length }, (_, label) => nameOf(label).slice(0, 2));
  showBars(byId(`bars-${i}`), names, outputs);
  const best = outputs ? outputs.indexOf(Math.max(...outputs)) : -1;
  byId(`answer-${i}`).textContent = outputs ? nameOf(best) : '–';
  byId(`sure-${i}`).textContent = outputs ? percent(outputs[best]) : '';
}

/** The drawing is called `label`: one learning step. @param {number} label */
async function teach(label) {
  if (pixels.every((value) => value === 0)) {
    say('draw-said', 'The pad is empty: draw something first, or take an example.');
    return;
  }
  const x = pixels;
  let taught;
  try {
    taught = await call('teach', { x, label });
  } catch (error) {
    say('draw-said', `Nothing was learned: ${reason(error)}.`);
    return;
  }
  const { before, after, states } = taught;
  shared.lesson.push({ x, label });
  steps++;
  after.forEach((/** @type {Float32Array} */ outputs, /** @type {number} */ i) => {
    showAnswer(i, outputs);
    right[i] += before[i].indexOf(Math.max(...before[i])) === label ? 1 : 0;
    byId(`right-${i}`).textContent = `${right[i]} of ${shared.lesson.length}`;
  });
  confidence.add(shared.lesson.length, before.map((/** @type {Float32Array} */ outputs) => outputs[label]));
  showStates(states);
  const said = LINES.map(({ name }, i) => `${name} ${percent(before[i][label])} to ${percent(after[i][label])}`);
  say('draw-said', `Taught: ${nameOf(label)}. Confidence in it: ${said.join(', ')}.`);
}

/** @param {number} many */
async function teachDigits(many) {
  const button = byId('teach-digits', HTMLButtonElement);
  button.disabled = true;
  try {
    const before = steps;
    const states = await call('teachDigits', { count: many }, onProgress);
    steps = before + many;
    shared.lesson = [];
    right = [0, 0, 0];
    shared.startFiles = await call('saveAll');
    showStates(states);
    say('draw-said', `${many} shipped digits learned, one step each.`);
    await ask();
  } finally {
    button.disabled = false;
  }
}

async function showExample() {
  const { x, label } = await call('example', { index: (example += 37) });
  pad.show(x);
  pixels = x;
  paintPixels(byId('pixels', HTMLCanvasElement), pixels);
  say('draw-said', `A digit that was kept back: ${describe(label)}.`);
  await ask();
}

/** Takes a name: a digit, a sign that is there, or a new one. */
async function addSign() {
  const field = byId('sign-name', HTMLInputElement);
  const name = field.value.trim();
  const most = Math.min(...shared.states.map((state) => state.classes)) - DIGITS;
  if (name === '') {
    say('draw-said', 'A sign needs a name: type a word or a character.');
    return;
  }
  let label = /^[0-9]$/.test(name) ? Number(name) : DIGITS + signs.indexOf(name);
  if (label === DIGITS - 1 && name !== '9') {
    if (signs.length >= most) {
      say('draw-said', `These networks have room for ${most} signs beside the digits. Begin anew to use other names.`);
      return;
    }
    signs.push(name);
    label = DIGITS + signs.length - 1;
    showNames();
  }
  field.value = '';
  await teach(label);
}

/** A button for every name. */
function showNames() {
  const names = byId('names');
  const labels = Array.from({ length: DIGITS + signs.length }, (_, label) => label);
  names.replaceChildren(...labels.map((label) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = nameOf(label);
    button.setAttribute('aria-label', `Teach: this is ${nameOf(label)}`);
    button.addEventListener('click', () => teach(label));
    return button;
  }));
}
