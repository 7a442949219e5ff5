/** A learning rule that a device knows. */
export type Rule = 'bp' | 'fa' | 'dfa' | 'sdfa' | 'drtp' | 'shallow' | 'local-error' | 'local-hinge';

/** A network to be made. */
export interface Config {
  /** Inputs, neurons of each hidden layer, classes. */
  sizes: ArrayLike<number> & Iterable<number>;
  /** The learning rule; `drtp` without it. */
  rule?: Rule;
  /** The nonlinearity of the hidden layers; `tanh` without it. */
  activation?: 'tanh' | 'sigmoid' | 'relu' | 'lrelu' | 'identity';
  /** Cross-entropy, binary cross-entropy or mean squared error; `ce` without it. */
  loss?: 'ce' | 'bce' | 'mse';
  /** The seed of weights and feedback, a whole number from 0 to 2^53 - 1; 0 without it. */
  seed?: number;
  /** Learning rate of the hidden layers; 0.02 without it. */
  hiddenRate?: number;
  /** Learning rate of the output layer; 0.02 without it. */
  outputRate?: number;
  /** With `scale`: every input x becomes (x - offset) scale, bounded to 8. */
  offset?: ArrayLike<number>;
  /** See `offset`. */
  scale?: ArrayLike<number>;
}

/** What a call refused, in words. */
export class OpenloopError extends Error {}

/** Starts the program; without an argument from the file `openloop.wasm` beside the module. */
export function start(source?: BufferSource | WebAssembly.Module): Promise<Openloop>;

/** A running program, which makes models. */
export class Openloop {
  private constructor();
  /** A network with freshly drawn weights. */
  create(config: Config): Model;
  /** The model of a device's file (`openloop export --to device`, or `Model.save`). */
  load(bytes: Uint8Array): Model;
}

/** A network that learns one sample at a time. Each method throws an `OpenloopError` that says what was wrong. */
export class Model {
  private constructor();
  readonly inputs: number;
  readonly classes: number;
  readonly layers: number;
  readonly rule: Rule;
  /** Samples learned from since the weights were drawn, here or elsewhere. */
  readonly samples: number;
  /** Learns that `x` is `label`; gives what was answered before. */
  learn(x: ArrayLike<number>, label: number): Float32Array;
  /** The class of a sample, and the outputs. */
  predict(x: ArrayLike<number>): { label: number; outputs: Float32Array };
  /** The class alone. */
  classOf(x: ArrayLike<number>): number;
  /** Begins a step that is taken part by part. */
  begin(x: ArrayLike<number>, label: number): void;
  /** The next part: a layer answers and, under a local rule, learns; or learns on the way back. Says whether there is another. */
  advance(): boolean;
  /** What a layer answers; the last layer's are sums. */
  activations(x: ArrayLike<number>, layer: number): Float32Array;
  /** What would teach a layer: the signal at its output, or the last layer's error. Changes nothing. */
  signal(x: ArrayLike<number>, label: number, layer: number): Float32Array;
  /** Standardises every later input as (x - offset) scale, bounded to 8. */
  standardise(offset: ArrayLike<number>, scale: ArrayLike<number>): void;
  /** The device's file of the model; `openloop eval` reads it too. */
  save(): Uint8Array;
  /** All weights and biases, layer by layer: W `[outputs, inputs]`, then b `[outputs]`. */
  parameters(): Float32Array;
  /** CRC-32 of all weights, or of one layer's, as eight hexadecimal digits. */
  checksum(layer?: number): string;
  /** Neurons of a layer. */
  neurons(layer: number): number;
  /** Bytes that the core plans: weights, and what one step keeps beside them. */
  plan(): { parameters: number; activations: number; error: number; signal: number; step: number; parts: number };
  /** What went wrong without stopping it. */
  health(): { refused: number; notFinite: number; saturated: number };
  /** A second model with the same weights. */
  copy(): Model;
  /** Gives the model's memory back. */
  free(): void;
}
