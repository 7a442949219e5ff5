// @ts-check
// A sensor that drifts: a frozen network and one that keeps learning, on one chart.

import { call } from './call.js';
import { Chart } from './chart.js';
import { byId, count, percent, say } from './words.js';

/** Rows a turn, and milliseconds between two turns. */
const [ROWS, EVERY] = [10, 50];
/** @type {Chart} */
let chart;
/** @type {number | undefined} */
let timer;
let busy = false;
let opened = false;

/** Builds the section when it is first looked at. */
export async function openDrift() {
  if (opened) {
    return;
  }
  opened = true;
  document.addEventListener('leave', stop);
  chart = new Chart(byId('drift-chart'), {
    title: 'Right answers, lately', across: 'rows',
    lines: [{ name: 'keeps learning', className: 'one' }, { name: 'frozen', className: 'three' }],
  });
  byId('drift-run').addEventListener('click', toggle);
  byId('drift-again').addEventListener('click', begin);
  byId('drift-rule').addEventListener('change', begin);
  byId('glitch').addEventListener('click', () => glitch(1e20));
  byId('glitch-nan').addEventListener('click', () => glitch(NaN));
  byId('drift-settings').addEventListener('input', showSettings);
  showSettings();
  await begin();
}

/** @param {string} id */
const valueOf = (id) => Number(byId(id, HTMLInputElement).value);

function settings() {
  return {
    schedule: byId('schedule', HTMLSelectElement).value,
    speed: valueOf('speed'),
    age: valueOf('age'),
    noise: valueOf('noise'),
    labels: valueOf('labels') / 100,
    delay: valueOf('delay'),
    wrong: valueOf('wrong') / 100,
  };
}

/** Writes each slider's value beside it. */
function showSettings() {
  const units = { speed: '×', age: '', noise: '', labels: ' %', delay: ' rows', wrong: ' %' };
  for (const [id, unit] of Object.entries(units)) {
    const input = byId(id, HTMLInputElement);
    byId(`${id}-value`).textContent = input.value + unit;
    input.setAttribute('aria-valuetext', input.value + unit);
  }
  byId('age', HTMLInputElement).disabled = settings().schedule !== 'hand';
}

async function begin() {
  stop();
  chart.clear();
  const rule = byId('drift-rule', HTMLSelectElement).value;
  const { shares, plan, warmUp } = await call('sensorBegin', { seed: 11, rule });
  showShares(0, shares);
  byId('drift-now').textContent = 'row 0, age 0.00';
  byId('drift-bytes').textContent = `${count(plan.parameters)} B of weights, ${count(plan.step)} B for a step`;
  say('drift-said', `Both networks learned from ${count(warmUp)} rows of the new sensor and are right in ${percent(shares[0])}.`);
}

/** @param {number} row @param {number[]} shares of the frozen network and of the learning one */
function showShares(row, shares) {
  chart.add(row, [shares[1], shares[0]]);
  byId('share-learning').textContent = percent(shares[1]);
  byId('share-frozen').textContent = percent(shares[0]);
}

async function turn() {
  if (busy) {
    return;
  }
  busy = true;
  try {
    const { row, shares, used, age, health } = await call('sensorRun', { rows: ROWS, settings: settings() });
    showShares(row, shares);
    byId('drift-now').textContent = `row ${count(row)}, age ${age.toFixed(2)}, ${count(used)} labels learned, ${health.refused} rows refused`;
  } finally {
    busy = false;
  }
}

/** @param {number} value */
async function glitch(value) {
  const { refused, largest } = await call('sensorGlitch', { value, settings: settings() });
  say('drift-said', refused
    ? `The reading was no number. The learner refused the row: ${refused}. No weight has changed.`
    : `Sensor 3 said 1e20. It counted as 8 deviations: the weight that moved most moved by ${largest.toFixed(4)}.`);
}

function toggle() {
  if (timer !== undefined) {
    stop();
    return;
  }
  byId('drift-run').textContent = 'Pause';
  timer = window.setInterval(turn, EVERY);
}

function stop() {
  clearInterval(timer);
  timer = undefined;
  byId('drift-run').textContent = 'Run';
}
