// @ts-check
// Strokes become 8x8 pixels from 0 to 16, in the way the shipped digits were made: a drawing fills a bitmap of 32x32, and a pixel
// counts the black dots of a 4x4 block.

const SIDE = 32;
/** Half the width of a pen in dots. */
const PEN = 2.3;
/** A drawing smaller than this share of the pad is not enlarged further: a dot stays a dot. */
const SMALLEST = 0.15;

/** @typedef {{ x: number, y: number }} Point from 0 to 1, y downwards */

/**
 * @param {Point[][]} strokes
 * @returns {Float32Array} 64 values; all 0 without a stroke
 */
export function rasterise(strokes) {
  const pixels = new Float32Array(64);
  const points = strokes.flat();
  if (points.length === 0) {
    return pixels;
  }
  const bounds = boundsOf(points);
  const size = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top, SMALLEST);
  const factor = (SIDE - 1 - 2 * PEN) / size;
  const [middleX, middleY] = [(bounds.left + bounds.right) / 2, (bounds.top + bounds.bottom) / 2];
  const place = (/** @type {Point} */ { x, y }) => ({
    x: (x - middleX) * factor + (SIDE - 1) / 2,
    y: (y - middleY) * factor + (SIDE - 1) / 2,
  });
  const lines = strokes.filter((stroke) => stroke.length > 0).flatMap((stroke) => segments(stroke.map(place)));
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      if (lines.some(([a, b]) => distance(x, y, a, b) <= PEN)) {
        pixels[8 * (y >> 2) + (x >> 2)]++;
      }
    }
  }
  return pixels;
}

/** @param {Point[]} points */
function boundsOf(points) {
  const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** @param {Point[]} points @returns {[Point, Point][]} */
function segments(points) {
  return points.map((point, i) => [points[Math.max(0, i - 1)], point]);
}

/** How far a dot is from a line. @param {number} x @param {number} y @param {Point} a @param {Point} b */
function distance(x, y, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length));
  return Math.hypot(x - a.x - share * dx, y - a.y - share * dy);
}
