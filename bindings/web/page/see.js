// @ts-check
// See the difference: one learning step in slow motion, layer by layer.

import { call } from './call.js';
import { colour, paintPixels } from './pad.js';
import { shared } from './shared.js';
import { byId, count, say } from './words.js';

/** @type {any[]} */
let lanes = [];
/** @type {{ x: Float32Array, label: number }} */
let seen;
let turn = 0;
/** @type {number | undefined} */
let timer;
let opened = false;

/** Builds the section when it is first looked at. */
export async function openSee() {
  if (!opened) {
    opened = true;
    document.addEventListener('leave', stop);
    byId('see-next').addEventListener('click', () => advance());
    byId('see-play').addEventListener('click', togglePlay);
    byId('see-again').addEventListener('click', () => begin('slowAgain'));
    byId('hidden').addEventListener('change', () => begin('slowBegin'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintAll);
    await begin('slowBegin');
  }
}

/** The sample: what is on the pad of the first section, called what it was last called; else a digit kept back. */
async function sample() {
  const last = shared.lesson.at(-1);
  if (last) {
    return last.label < 10 ? last : { x: last.x, label: 0 };
  }
  return call('example', { index: (turn += 11) });
}

/** @param {'slowBegin' | 'slowAgain'} name */
async function begin(name) {
  stop();
  const hidden = Number(byId('hidden', HTMLSelectElement).value);
  seen = await sample();
  const made = await call(name, { hidden, seed: 5, ...seen });
  lanes = made.map((/** @type {any} */ lane) => ({ ...lane, taken: 0, parts: lane.plan.parts, learned: lane.layers.map(() => false) }));
  byId('lanes').replaceChildren(...lanes.map(laneElement));
  paintAll();
  showCounts();
  say('see-said', `One step begins: the sample is called ${seen.label}. ${lanes.map((lane) => `${lane.rule} takes ${lane.parts} parts`).join(', ')}.`);
}

/** @param {any} lane @param {number} m */
function laneElement(lane, m) {
  const element = document.createElement('section');
  element.className = `lane ${['one', 'two', 'three'][m]}`;
  const heading = document.createElement('h3');
  heading.textContent = lane.rule;
  const now = document.createElement('small');
  now.id = `now-${m}`;
  heading.append(' ', now);
  const row = document.createElement('div');
  row.className = 'layers';
  row.append(...lane.layers.map((/** @type {any} */ layer, /** @type {number} */ k) => layerElement(layer, m, k)));
  element.append(heading, row);
  return element;
}

/** @param {any} layer @param {number} m @param {number} k */
function layerElement(layer, m, k) {
  const element = document.createElement('div');
  element.className = 'layer';
  element.id = `layer-${m}-${k}`;
  const title = document.createElement('p');
  title.textContent = `${k + 1}: ${layer.inputs} → ${layer.neurons}`;
  const state = document.createElement('p');
  state.className = 'state';
  const canvas = (/** @type {string} */ what, /** @type {string} */ words) => {
    const made = document.createElement('canvas');
    made.className = what;
    made.setAttribute('role', 'img');
    made.setAttribute('aria-label', words);
    return made;
  };
  element.append(title, canvas('weights', `weights of layer ${k + 1}`), canvas('activation', 'what it answers'), canvas('signal', 'what teaches it'), state);
  return element;
}

function paintAll() {
  paintPixels(byId('seen', HTMLCanvasElement), seen.x);
  byId('seen-name').textContent = `the sample, called ${seen.label}`;
  lanes.forEach((lane, m) => {
    byId(`now-${m}`).textContent = nowOf(lane);
    lane.layers.forEach((/** @type {any} */ _, /** @type {number} */ k) => paintLayer(lane, m, k));
  });
}

/** Where a lane is, in a few words. @param {any} lane */
function nowOf(lane) {
  return `${wayOf(lane)} · ${lockedOf(lane)} locked · keeps ${count(keptOf(lane))} B`;
}

/** @param {any} lane */
function wayOf({ taken, parts, layers }) {
  if (taken === 0) {
    return 'not begun';
  }
  if (taken >= parts) {
    return 'done';
  }
  return taken <= layers.length ? 'on the way forward' : 'on the way back';
}

/** @param {any} lane @param {number} m @param {number} k */
function paintLayer(lane, m, k) {
  const layer = lane.layers[k];
  const box = byId(`layer-${m}-${k}`);
  const [weights, activation, signal] = Array.from(box.querySelectorAll('canvas'));
  const answered = lane.taken > k;
  const learned = lane.learned[k];
  paintSigned(weights, layer.weights, layer.inputs);
  paintSigned(activation, answered ? layer.activation : new Float32Array(layer.neurons), layer.neurons);
  paintSigned(signal, learned ? layer.signal : new Float32Array(layer.neurons), layer.neurons);
  box.dataset.state = learned ? 'learned' : answered ? 'locked' : 'idle';
  const state = box.querySelector('.state');
  if (state) {
    state.textContent = learned ? 'has learned' : answered ? 'locked: waits' : 'not reached';
  }
}

/** Values as squares, positive and negative in two colours, each row one neuron. @param {HTMLCanvasElement} canvas @param {Float32Array} values @param {number} width */
function paintSigned(canvas, values, width) {
  canvas.width = width;
  canvas.height = Math.max(1, values.length / width);
  const context = canvas.getContext('2d');
  const image = context?.createImageData(canvas.width, canvas.height);
  if (!context || !image) {
    return;
  }
  const style = getComputedStyle(canvas);
  const [more, less] = [colour(style.getPropertyValue('--more')), colour(style.getPropertyValue('--less'))];
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-12);
  values.forEach((value, i) => {
    image.data.set([...(value > 0 ? more : less), Math.round((255 * Math.abs(value)) / most)], 4 * i);
  });
  context.putImageData(image, 0, 0);
}

/** One part of each step. */
async function advance() {
  if (lanes.every((lane) => lane.taken >= lane.parts)) {
    stop();
    return;
  }
  const found = await call('slowAdvance');
  found.forEach((/** @type {any} */ now, /** @type {number} */ m) => {
    const lane = lanes[m];
    lane.waited = (lane.waited ?? 0) + lockedOf(lane);
    Object.assign(lane, { taken: now.taken, learned: now.learned });
    lane.layers.forEach((/** @type {any} */ layer, /** @type {number} */ k) => (layer.weights = now.weights[k]));
  });
  paintAll();
  showCounts();
  say('see-said', lanes.map(sentence).join(' '));
  if (lanes.every((lane) => lane.taken >= lane.parts)) {
    stop();
  }
}

/** @param {any} lane */
function sentence(lane) {
  const layers = lane.layers.length;
  if (lane.taken >= lane.parts) {
    return `${lane.rule}: all ${layers} layers have learned.`;
  }
  if (lane.taken <= layers) {
    return `${lane.rule}: layer ${lane.taken} has answered${lane.learned[lane.taken - 1] ? ' and learned' : ' and is locked'}.`;
  }
  return `${lane.rule}: on the way back, layer ${2 * layers - lane.taken + 1} has learned.`;
}

/** Layers that have answered and have not learned yet. @param {any} lane */
const lockedOf = (lane) => lane.learned.filter((/** @type {boolean} */ done, /** @type {number} */ k) => lane.taken > k && !done).length;

/** Bytes of outputs that a later part needs. @param {any} lane */
function keptOf(lane) {
  const bytes = (/** @type {any} */ layer) => 4 * layer.neurons;
  if (lane.parts > lane.layers.length) {
    const kept = lane.layers.filter((/** @type {any} */ _, /** @type {number} */ k) => lane.taken > k && !lane.learned[k]);
    return kept.reduce((/** @type {number} */ sum, /** @type {any} */ layer) => sum + bytes(layer), 0);
  }
  return lane.taken > 0 && lane.taken < lane.layers.length ? bytes(lane.layers[lane.taken - 1]) : 0;
}

/** Weights that were read against the direction of the answer, to hand a signal down. @param {any} lane */
function readBackwards(lane) {
  if (lane.rule !== 'bp') {
    return 0;
  }
  const read = lane.layers.filter((/** @type {any} */ _, /** @type {number} */ k) => k > 0 && lane.learned[k]);
  return read.reduce((/** @type {number} */ sum, /** @type {any} */ layer) => sum + layer.neurons * layer.inputs, 0);
}

/** The figures beside the picture. */
function showCounts() {
  /** @type {[string, (lane: any) => string][]} */
  const rows = [
    ['Parts done', (lane) => `${lane.taken} of ${lane.parts}`],
    ['Layers locked now', (lane) => String(lockedOf(lane))],
    ['Parts waited, all layers', (lane) => String(lane.waited ?? 0)],
    ['Outputs kept for later, now', (lane) => `${count(keptOf(lane))} B`],
    ['Weights read backwards', (lane) => count(readBackwards(lane))],
    ['Plan: outputs kept in a step', (lane) => `${count(lane.plan.activations)} B`],
    ['Plan: error and signal', (lane) => `${count(lane.plan.error + lane.plan.signal)} B`],
    ['Plan: a step in all', (lane) => `${count(lane.plan.step)} B`],
  ];
  const head = `<tr><th scope="col">counted by the core</th>${lanes.map((lane) => `<th scope="col">${lane.rule}</th>`).join('')}</tr>`;
  const body = rows.map(([name, of]) => `<tr><th scope="row">${name}</th>${lanes.map((lane) => `<td>${of(lane)}</td>`).join('')}</tr>`);
  byId('counts').innerHTML = `<thead>${head}</thead><tbody>${body.join('')}</tbody>`;
}

function togglePlay() {
  if (timer !== undefined) {
    stop();
    return;
  }
  byId('see-play').textContent = 'Pause';
  timer = window.setInterval(advance, Number(byId('pace', HTMLInputElement).value));
}

function stop() {
  clearInterval(timer);
  timer = undefined;
  byId('see-play').textContent = 'Play';
}
