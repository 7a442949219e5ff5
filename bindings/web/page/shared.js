// @ts-check
// What several sections of the page look at.

export const shared = {
  /** What is on the pad: 64 pixels from 0 to 16. */
  pixels: /** @type {Float32Array} */ (new Float32Array(64)),
  /** What was drawn and named since the start. @type {{ x: Float32Array, label: number }[]} */
  lesson: [],
  /** Each model's state, as the worker says. @type {any[]} */
  states: [],
  /** The models' files before the lesson. @type {BlobPart[] | undefined} */
  startFiles: undefined,
};
