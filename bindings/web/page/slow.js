// @ts-check
// One learning step in parts, in the worker: three deep models take the same step, each by its own rule.

import { random, shuffled } from './digits.js';
import { RULES, make } from './lesson.js';

const WIDTHS = [32, 28, 24, 20, 16, 12];
/** Shipped digits that the models have learned before they are looked at. */
const BEFORE = 600;

/** @type {import('./openloop.js').Model[]} */
let models = [];
/** @type {number[]} */
let taken = [];
/** @type {string[][]} */
let checksums = [];

const layersOf = (/** @type {any} */ model) => Array.from({ length: model.layers }, (_, k) => k);

/** The weights of each layer, `[neurons, inputs]`. @param {any} model */
function weights(model) {
  const all = model.parameters();
  let [used, inputs] = [0, model.inputs];
  return layersOf(model).map((k) => {
    const neurons = model.neurons(k);
    const own = all.slice(used, used + neurons * inputs);
    used += neurons * inputs + neurons;
    const layer = { neurons, inputs, weights: own };
    inputs = neurons;
    return layer;
  });
}

/** Begins the step of each model on a sample, and shows what it will be made of. */
function beginStep(x, label) {
  taken = models.map(() => 0);
  checksums = models.map((model) => layersOf(model).map((k) => model.checksum(k)));
  return models.map((model) => {
    const layers = weights(model).map((layer, k) => ({
      ...layer,
      activation: model.activations(x, k),
      signal: model.signal(x, label, k),
    }));
    model.begin(x, label);
    return { rule: model.rule, plan: model.plan(), layers };
  });
}

export const calls = {
  /** Models with so many hidden layers, at the beginning of a step on a sample. */
  slowBegin({ program, digits }, { hidden, seed, x, label }) {
    models.forEach((model) => model.free());
    models = RULES.map((rule) => make(program, rule, seed, [64, ...WIDTHS.slice(0, hidden), 10]));
    for (const i of shuffled(digits.train.length, random(seed)).slice(0, BEFORE)) {
      models.forEach((model) => model.learn(digits.train[i].x, digits.train[i].label));
    }
    return beginStep(x, label);
  },

  /** The same models at the beginning of another step. */
  slowAgain(_, { x, label }) {
    return beginStep(x, label);
  },

  /** The next part of each model's step. A layer has learned when the checksum of its weights has changed. */
  slowAdvance() {
    return models.map((model, m) => {
      const parts = model.plan().parts;
      if (taken[m] < parts) {
        model.advance();
        taken[m]++;
      }
      const now = weights(model);
      const learned = layersOf(model).map((k) => taken[m] === parts || model.checksum(k) !== checksums[m][k]);
      return { taken: taken[m], parts, learned, weights: now.map((layer) => layer.weights) };
    });
  },
};
