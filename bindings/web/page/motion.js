// @ts-check
// A gesture as 48 numbers: 16 moments of three axes, from a phone's accelerometer or from the path of a pointer.

const MOMENTS = 16;
/** Less movement than this (in m/s², as a deviation) is a phone that lies still. */
const STILL = 0.6;

/** @typedef {[number, number, number]} Reading */

/**
 * Readings at equal distances in the list, as many as the network takes; none where there are too few.
 * @param {Reading[]} readings
 * @returns {Reading[] | undefined}
 */
function resample(readings) {
  if (readings.length < 4) {
    return undefined;
  }
  return Array.from({ length: MOMENTS }, (_, i) => {
    const at = (i * (readings.length - 1)) / (MOMENTS - 1);
    const [low, share] = [Math.floor(at), at - Math.floor(at)];
    const high = Math.min(readings.length - 1, low + 1);
    return /** @type {Reading} */ (readings[low].map((value, axis) => value + share * (readings[high][axis] - value)));
  });
}

/** The numbers of some moments, without their mean, and with a deviation of 1. @param {Reading[]} moments @param {number} least */
function normalise(moments, least) {
  const mean = [0, 1, 2].map((axis) => moments.reduce((sum, moment) => sum + moment[axis], 0) / moments.length);
  const centred = moments.flatMap((moment) => moment.map((value, axis) => value - mean[axis]));
  const deviation = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0) / centred.length);
  return deviation < least ? undefined : Float32Array.from(centred, (value) => value / deviation);
}

/** A window of the accelerometer. @param {Reading[]} readings */
export function ofAccelerometer(readings) {
  const moments = resample(readings);
  return moments && normalise(moments, STILL);
}

/** The path of a pointer: how it moves from moment to moment. @param {import('./raster.js').Point[]} points */
export function ofPath(points) {
  const positions = resample(points.map(({ x, y }) => [x, y, 0]));
  const steps = positions?.map((position, i) => {
    const before = positions[Math.max(0, i - 1)];
    return /** @type {Reading} */ (position.map((value, axis) => value - before[axis]));
  });
  return steps && normalise(steps, 1e-3);
}
