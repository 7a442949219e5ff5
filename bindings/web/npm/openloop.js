// @ts-check
// Openloop's learner as WebAssembly: models that learn one sample at a time. No dependency; runs in a browser, in a worker and in Node.

const KINDS = { rule: 0, activation: 1, loss: 2 };
const NUMBERS = {
  layers: 0, parts: 1, rule: 2, loss: 3, inputs: 4, classes: 5,
  parameters: 10, activations: 11, error: 12, signal: 13, feedback: 14,
  refused: 20, notFinite: 21, saturated: 22,
};
const RULES = [
  'bp', 'fa', 'dfa', 'sdfa', 'drtp', 'shallow', 'local-error', 'local-error-learned', 'local-hinge', 'drtp-gated',
];

/** What a call refused, in words. */
export class OpenloopError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'OpenloopError';
  }
}

/**
 * Starts the WebAssembly program. Without an argument it is taken from the file beside this one.
 * @param {BufferSource | WebAssembly.Module} [source]
 * @returns {Promise<Openloop>}
 */
export async function start(source) {
  if (typeof WebAssembly !== 'object') {
    throw new OpenloopError('this browser has no WebAssembly, which Openloop needs; take a newer one, or allow it in the settings');
  }
  const given = source ?? (await beside());
  const module = given instanceof WebAssembly.Module ? given : await WebAssembly.compile(given);
  return new Openloop(await WebAssembly.instantiate(module, {}));
}

/** The program's bytes, from a file in Node and by a request elsewhere. */
async function beside() {
  const url = new URL('./openloop.wasm', import.meta.url);
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) {
    throw new OpenloopError(`${url.pathname}: the server answers ${response.status}; all files of the folder must be served`);
  }
  return response.arrayBuffer();
}

/** A running program, which makes models. */
export class Openloop {
  /** @param {WebAssembly.Instance} instance */
  constructor(instance) {
    /** @type {any} */
    this.face = instance.exports;
  }

  /**
   * A network with freshly drawn weights.
   * @param {import('./openloop.d.ts').Config} config
   * @returns {Model}
   */
  create(config) {
    const { sizes, rule = 'drtp', activation = 'tanh', loss = 'ce', seed = 0, hiddenRate = 0.02, outputRate = 0.02 } = config;
    const codes = [this.code('rule', rule), this.code('activation', activation), this.code('loss', loss)];
    this.write(Float32Array.from(sizes));
    const model = new Model(this, this.check(this.face.create(sizes.length, ...codes, seed, hiddenRate, outputRate)));
    if (config.offset && config.scale) {
      model.standardise(config.offset, config.scale);
    }
    return model;
  }

  /**
   * The model of a file.
   * @param {Uint8Array} bytes
   * @returns {Model}
   */
  load(bytes) {
    this.writeBytes(bytes);
    return new Model(this, this.check(this.face.load(bytes.length)));
  }

  /**
   * @param {'rule' | 'activation' | 'loss'} kind
   * @param {string} name
   */
  code(kind, name) {
    const bytes = new TextEncoder().encode(name);
    this.writeBytes(bytes);
    return this.check(this.face.code(KINDS[kind], bytes.length));
  }

  /** @param {ArrayLike<number>} values */
  write(values) {
    const address = room(this.face.buffer_values(values.length), values.length);
    new Float32Array(this.face.memory.buffer, address, values.length).set(values);
  }

  /** @param {Uint8Array} bytes */
  writeBytes(bytes) {
    const address = room(this.face.buffer_bytes(bytes.length), bytes.length);
    new Uint8Array(this.face.memory.buffer, address, bytes.length).set(bytes);
  }

  /** A copy of the values that the last call gave. @param {number} count */
  read(count) {
    return new Float32Array(this.face.memory.buffer, this.face.output_address(), count).slice();
  }

  /** The result of a call, or its error. @param {number} result */
  check(result) {
    if (result >= 0) {
      return result;
    }
    const { memory, message_address, message_length } = this.face;
    throw new OpenloopError(new TextDecoder().decode(new Uint8Array(memory.buffer, message_address(), message_length())));
  }
}

/** A network that learns. `free` gives its memory back. */
export class Model {
  /**
   * @param {Openloop} program
   * @param {number} id
   */
  constructor(program, id) {
    this.program = program;
    this.id = id;
    this.classes = this.number('classes');
    this.inputs = this.number('inputs');
    this.layers = this.number('layers');
    this.rule = RULES[this.number('rule')];
  }

  /**
   * Learns that `x` is `label`; gives what was answered before.
   * @param {ArrayLike<number>} x
   * @param {number} label
   */
  learn(x, label) {
    this.program.write(x);
    this.program.check(this.program.face.learn(this.id, x.length, labelOf(label)));
    return this.program.read(this.classes);
  }

  /** @param {ArrayLike<number>} x */
  predict(x) {
    this.program.write(x);
    const label = this.program.check(this.program.face.predict(this.id, x.length));
    return { label, outputs: this.program.read(this.classes) };
  }

  /** The class alone, without a copy of the outputs. @param {ArrayLike<number>} x */
  classOf(x) {
    this.program.write(x);
    return this.program.check(this.program.face.predict(this.id, x.length));
  }

  /**
   * Begins a step that is taken part by part.
   * @param {ArrayLike<number>} x
   * @param {number} label
   */
  begin(x, label) {
    this.program.write(x);
    this.program.check(this.program.face.begin(this.id, x.length, labelOf(label)));
  }

  /** The next part of the step; says whether there is another. */
  advance() {
    return this.program.check(this.program.face.advance(this.id)) === 1;
  }

  /**
   * What a layer answers.
   * @param {ArrayLike<number>} x
   * @param {number} layer
   */
  activations(x, layer) {
    this.program.write(x);
    return this.program.read(this.program.check(this.program.face.activations(this.id, x.length, layer)));
  }

  /**
   * What would teach a layer.
   * @param {ArrayLike<number>} x
   * @param {number} label
   * @param {number} layer
   */
  signal(x, label, layer) {
    this.program.write(x);
    return this.program.read(this.program.check(this.program.face.signal(this.id, x.length, labelOf(label), layer)));
  }

  /**
   * Standardises every later input as (x - offset) scale, bounded to 8.
   * @param {ArrayLike<number>} offset
   * @param {ArrayLike<number>} scale
   */
  standardise(offset, scale) {
    if (offset.length !== this.inputs || scale.length !== this.inputs) {
      throw new OpenloopError(`offset and scale have ${offset.length} and ${scale.length} values, but ${this.inputs} are needed`);
    }
    this.program.write(Float32Array.from([...Array.from(offset), ...Array.from(scale)]));
    this.program.check(this.program.face.standardise(this.id, this.inputs));
  }

  /** The device's file of the model. */
  save() {
    const length = this.program.check(this.program.face.save(this.id));
    return new Uint8Array(this.program.face.memory.buffer, this.program.face.bytes_address(), length).slice();
  }

  /** All weights and biases, layer by layer. */
  parameters() {
    return this.program.read(this.program.check(this.program.face.parameters(this.id)));
  }

  /** CRC-32 of all weights, or of one layer's, as eight hexadecimal digits. @param {number} [layer] */
  checksum(layer = -1) {
    this.program.check(this.program.face.number(this.id, NUMBERS.layers));
    return (this.program.face.checksum(this.id, layer) >>> 0).toString(16).padStart(8, '0');
  }

  /** Neurons of a layer. @param {number} layer */
  neurons(layer) {
    return this.program.check(this.program.face.neurons(this.id, layer));
  }

  /** Samples learned from since the weights were drawn. */
  get samples() {
    return this.program.face.samples(this.id);
  }

  /** The bytes that the core plans for this network, rule and a step. */
  plan() {
    const bytes = (/** @type {keyof typeof NUMBERS} */ name) => 4 * this.number(name);
    const [parameters, activations, error, signal] = [bytes('parameters'), bytes('activations'), bytes('error'), bytes('signal')];
    return { parameters, activations, error, signal, step: activations + error + signal, parts: this.number('parts') };
  }

  /** What went wrong without stopping it. */
  health() {
    return { refused: this.number('refused'), notFinite: this.number('notFinite'), saturated: this.number('saturated') };
  }

  /** A second model with the same weights. */
  copy() {
    return new Model(this.program, this.program.check(this.program.face.copy(this.id)));
  }

  /** Gives the model's memory back. */
  free() {
    this.program.check(this.program.face.release(this.id));
  }

  /** @param {keyof typeof NUMBERS} what */
  number(what) {
    return this.program.check(this.program.face.number(this.id, NUMBERS[what]));
  }
}

/** The address of a buffer, if there is one. @param {number} address @param {number} length */
function room(address, length) {
  if (address === 0) {
    throw new OpenloopError(`${length} values or bytes are more than a call takes, or than there is memory for`);
  }
  return address;
}

/** A label as the face takes it. @param {number} label */
function labelOf(label) {
  if (!Number.isInteger(label) || label < 0 || label > 0x7fffffff) {
    throw new OpenloopError(`a label is a whole number from 0 on, not ${label}`);
  }
  return label;
}

export { RULES };
