// @ts-check
// A sensor that ages, in the worker: two copies of a network, one of which keeps learning.

import { random } from './digits.js';

const SENSORS = 8;
const CLASSES = 4;
const WARM_UP = 400;
const RATES = { hiddenRate: 0.02, outputRate: 0.1 };
/** How far back the shares of right answers look. */
const MEMORY = 200;

/** @type {any} */
let world;

/** Two numbers of a normal distribution. @param {() => number} next */
function normal(next) {
  const radius = Math.sqrt(-2 * Math.log(1 - next()));
  const angle = 2 * Math.PI * next();
  return radius * Math.cos(angle);
}

/** How old the sensor is at a row: 0 new, 1 worn out. */
export function ageAt(row, { schedule, speed, age }) {
  switch (schedule) {
    case 'sudden': return row < 1000 / speed ? 0 : 1;
    case 'seasons': return (1 - Math.cos((2 * Math.PI * row * speed) / 3000)) / 2;
    case 'hand': return age;
    default: return Math.min(1.5, (row * speed) / 4000);
  }
}

/** A row of readings, and what they mean. */
function reading(age, noise) {
  const { next, means, gains, shifts } = world;
  const label = Math.floor(next() * CLASSES);
  const x = Float32Array.from({ length: SENSORS }, (_, s) => {
    const clean = means[label][s] + noise * normal(next);
    return clean * (1 + age * gains[s]) + age * shifts[s];
  });
  return { x, label };
}

/** Draws what there is to measure, and how each sensor ages. @param {number} seed */
function draw(seed) {
  const next = random(seed);
  const between = (from, to) => from + (to - from) * next();
  const list = (make) => Array.from({ length: SENSORS }, make);
  const means = Array.from({ length: CLASSES }, () => list(() => between(-2, 2)));
  return { next, means, gains: list(() => between(-0.7, 0.5)), shifts: list(() => between(-3, 3)) };
}

/** Mean and deviation of each sensor over some rows. @param {Float32Array[]} rows */
function moments(rows) {
  const mean = Float32Array.from({ length: SENSORS }, (_, s) => rows.reduce((sum, x) => sum + x[s], 0) / rows.length);
  const scale = mean.map((m, s) => 1 / Math.sqrt(rows.reduce((sum, x) => sum + (x[s] - m) ** 2, 0) / rows.length));
  return { offset: mean, scale };
}

/** Labels that are due are learned. */
function learnDue({ wrong }) {
  let learned = 0;
  while (world.waiting.length > 0 && world.waiting[0].due <= world.row) {
    const { x, label } = world.waiting.shift();
    const told = world.next() < wrong ? Math.floor(world.next() * CLASSES) : label;
    world.learning.learn(x, told);
    learned++;
  }
  return learned;
}

export const calls = {
  /** A new sensor, and a network that has learned from it while it was new. */
  sensorBegin({ program }, { seed, rule }) {
    world?.frozen.free();
    world?.learning.free();
    world = { ...draw(seed), row: 0, waiting: [], shares: [1, 1], used: 0 };
    const rows = Array.from({ length: WARM_UP }, () => reading(0, 1));
    const learning = program.create({ sizes: [SENSORS, 32, CLASSES], rule, seed, ...RATES, ...moments(rows.map(({ x }) => x)) });
    rows.forEach(({ x, label }) => learning.learn(x, label));
    world.learning = learning;
    world.frozen = learning.copy();
    const fresh = Array.from({ length: MEMORY }, () => reading(0, 1));
    const share = fresh.filter(({ x, label }) => learning.classOf(x) === label).length / MEMORY;
    world.shares = [share, share];
    return { shares: world.shares, plan: learning.plan(), warmUp: WARM_UP };
  },

  /** So many rows: each is answered by both networks, then its label may come. */
  sensorRun(_, { rows, settings }) {
    for (let i = 0; i < rows; i++) {
      const { x, label } = reading(ageAt(world.row, settings), settings.noise);
      [world.frozen, world.learning].forEach((model, m) => {
        const right = model.classOf(x) === label ? 1 : 0;
        world.shares[m] += (right - world.shares[m]) / MEMORY;
      });
      if (world.next() < settings.labels) {
        world.waiting.push({ x, label, due: world.row + settings.delay });
      }
      world.used += learnDue(settings);
      world.row++;
    }
    const age = ageAt(world.row, settings);
    return { row: world.row, shares: world.shares, used: world.used, age, health: world.learning.health() };
  },

  /** One sensor says 1e20, or nothing that is a number, and the label comes at once. */
  sensorGlitch(_, { value, settings }) {
    const { x, label } = reading(ageAt(world.row, settings), settings.noise);
    x[2] = value;
    const before = world.learning.parameters();
    try {
      world.learning.learn(x, label);
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error), largest: 0 };
    }
    const after = world.learning.parameters();
    return { largest: after.reduce((most, weight, i) => Math.max(most, Math.abs(weight - before[i])), 0) };
  },
};
