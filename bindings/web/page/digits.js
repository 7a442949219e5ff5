// @ts-check
// The digits that ship with Openloop: 1,797 rows of 64 pixels from 0 to 16 and a label.

/**
 * The rows of the packed table; every fifth is kept back for testing.
 * @param {string} text
 */
export function parseDigits(text) {
  const rows = text.trim().split('\n').slice(1).map((line) => {
    const values = line.split(',').map(Number);
    return { x: Float32Array.from(values.slice(0, 64)), label: values[64] };
  });
  if (rows.length < 10 || rows.some(({ x, label }) => x.length !== 64 || !(label >= 0 && label < 10))) {
    throw new Error('digits.bin is not the file of digits that belongs to this page; serve the whole folder as it was built');
  }
  return { train: rows.filter((_, i) => i % 5 !== 4), test: rows.filter((_, i) => i % 5 === 4) };
}

/** The digits from the file beside this one. It is a gzip file, unless the server has unpacked it. */
export async function loadDigits() {
  const response = await fetch(new URL('./digits.bin', import.meta.url));
  if (!response.ok) {
    throw new Error(`digits.bin: the server answers ${response.status}; all files of the folder must be served`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (packed && typeof DecompressionStream !== 'function') {
    throw new Error('this browser cannot unpack the digits; a version of 2023 or later can');
  }
  const stream = new Response(bytes).body;
  const text = packed && stream ? stream.pipeThrough(new DecompressionStream('gzip')) : bytes;
  return parseDigits(await new Response(text).text());
}

/** Numbers from 0 to 1 that are the same for the same seed. @param {number} seed */
export function random(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The numbers from 0 to `count` - 1 in the seed's order. @param {number} count @param {() => number} next */
export function shuffled(count, next) {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
