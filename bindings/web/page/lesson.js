// @ts-check
// The lesson, in the worker: three models from the same start, which learn the same samples by three rules.

import { random, shuffled } from './digits.js';

export const RULES = ['drtp', 'local-error', 'bp'];
export const DIGITS = 10;
export const SIGNS = 4;
const SIZES = [64, 100, DIGITS + SIGNS];
const EPOCHS = 3;
const RATES = { hiddenRate: 0.01, outputRate: 0.1 };
/** Pixels are from 0 to 16; their mean over all digits is close to 5, their deviation close to 6. */
const PIXELS = { offset: new Float32Array(64).fill(5), scale: new Float32Array(64).fill(1 / 6) };

/** @type {import('./openloop.js').Model[]} */
let models = [];
/** Counts the starts, so that work for an earlier one stops. */
let current = 0;
/** Where the shipped digits go on. */
let upNext = { order: /** @type {number[]} */ ([]), next: random(1) };

/** Lets other calls in. */
export const pause = () => new Promise((resolve) => setTimeout(resolve, 0));

/** @param {any} program @param {string} rule @param {number} seed @param {number[]} [sizes] */
export function make(program, rule, seed, sizes = SIZES) {
  return program.create({ sizes, rule, seed, ...RATES, ...PIXELS });
}

/** The share of the digits kept back that a model answers wrongly. @param {any} model @param {{ test: any[] }} digits */
function errorOf(model, digits) {
  if (model.inputs !== 64) {
    return NaN;
  }
  return digits.test.filter(({ x, label }) => model.classOf(x) !== label).length / digits.test.length;
}

/** @param {any} digits */
function state(digits) {
  return models.map((model) => ({
    rule: model.rule,
    error: errorOf(model, digits),
    checksum: model.checksum(),
    samples: model.samples,
    classes: model.classes,
    inputs: model.inputs,
    plan: model.plan(),
  }));
}

/** The next shipped digit to learn from. @param {any} digits */
function nextDigit(digits) {
  if (upNext.order.length === 0) {
    upNext.order = shuffled(digits.train.length, upNext.next);
  }
  return digits.train[/** @type {number} */ (upNext.order.pop())];
}

/** Learns so many shipped digits, a few at a time, and tells how it goes on. */
async function learnDigits(digits, count, every, progress) {
  const mine = current;
  for (let done = 1; done <= count; done++) {
    const { x, label } = nextDigit(digits);
    models.filter((model) => model.inputs === 64).forEach((model) => model.learn(x, label));
    if (done % every === 0 || done === count) {
      progress({ done, count, errors: models.map((model) => errorOf(model, digits)) });
      await pause();
      if (mine !== current) {
        return false;
      }
    }
  }
  return true;
}

export const calls = {
  /** New models from one start: `digits` learns the shipped ones first, `nothing` does not. */
  async begin({ program, digits }, { from, seed }, progress) {
    current++;
    models.forEach((model) => model.free());
    models = RULES.map((rule) => make(program, rule, seed));
    upNext = { order: [], next: random(seed + 1) };
    progress({ done: 0, count: 1, errors: models.map((model) => errorOf(model, digits)) });
    if (from === 'digits') {
      await learnDigits(digits, EPOCHS * digits.train.length, 60, progress);
    }
    return state(digits);
  },

  /** One learning step of each model; what they answered before and after. */
  teach({ digits }, { x, label }) {
    const narrow = models.find((model) => label >= model.classes);
    if (narrow) {
      throw new Error(`the model by ${narrow.rule} was loaded from a file and knows ${narrow.classes} classes; begin anew to teach more`);
    }
    const before = models.map((model) => model.learn(x, label));
    const after = models.map((model) => model.predict(x).outputs);
    return { before, after, states: state(digits) };
  },

  /** What each model answers. */
  ask(_, { x }) {
    return models.map((model) => model.predict(x).outputs);
  },

  /** Learning steps on shipped digits. */
  async teachDigits({ digits }, { count }, progress) {
    await learnDigits(digits, count, 5, progress);
    return state(digits);
  },

  /** A digit to look at. */
  example({ digits }, { index }) {
    return digits.test[index % digits.test.length];
  },

  /** The file of a model. */
  save(_, { index }) {
    return models[index].save();
  },

  /** The files of all models. */
  saveAll() {
    return models.map((model) => model.save());
  },

  /** The model of a file takes the place of another. */
  load({ program, digits }, { index, bytes }) {
    const model = program.load(bytes);
    if (model.inputs !== 64) {
      const { inputs } = model;
      model.free();
      throw new Error(`it takes ${inputs} inputs, but a drawing has 64; load a model of 8x8 pixels`);
    }
    models[index].free();
    models[index] = model;
    return state(digits);
  },
};
