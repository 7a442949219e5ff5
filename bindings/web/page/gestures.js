// @ts-check
// Gestures, in the worker: a network that learns from a few examples, each of which it sees some more times.

import { random, shuffled } from './digits.js';

export const INPUTS = 48;
const MOST = 6;
/** After each new example the examples so far are learned again so many times. */
const REPEATS = 8;

/** @type {any} */
let model;
/** @type {{ x: Float32Array, label: number }[]} */
let examples = [];
let next = random(1);

export const calls = {
  gestureBegin({ program }, { rule, seed }) {
    model?.free();
    model = program.create({ sizes: [INPUTS, 48, MOST], rule, seed, hiddenRate: 0.03, outputRate: 0.1 });
    examples = [];
    next = random(seed + 1);
    return { most: MOST, repeats: REPEATS };
  },

  gestureAsk(_, { x }) {
    return model.predict(x).outputs;
  },

  gestureTeach(_, { x, label }) {
    const before = model.learn(x, label);
    examples.push({ x, label });
    for (let pass = 0; pass < REPEATS; pass++) {
      shuffled(examples.length, next).forEach((i) => model.learn(examples[i].x, examples[i].label));
    }
    const right = examples.filter((example) => model.classOf(example.x) === example.label).length;
    return { before, after: model.predict(x).outputs, right, examples: examples.length, steps: model.samples };
  },
};
