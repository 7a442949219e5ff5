// Draws docs/page.svg: a stroke, and the learning step that follows, by three rules beat by beat. The confidences are those of the
// networks themselves. node bindings/web/picture.mjs PAGE PACKAGE > docs/page.svg (folders that `cargo xtask web --build` makes)

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

const [WIDTH, HEIGHT, SECONDS] = [640, 400, 12];
const [FIRST_BEAT, BEAT] = [3, 0.7];
const RULES = ['drtp', 'local-error', 'bp'];
const SIZES = [64, 32, 28, 24, 20, 10];
const LAYERS = SIZES.length - 1;
const LABEL = 7;
const STROKE = [[0.24, 0.16], [0.76, 0.16], [0.66, 0.36], [0.55, 0.6], [0.46, 0.88]];

/** When layer k of a rule has answered and when it has learned, in beats from 1 on. */
const answered = (k) => k + 1;
const learned = (rule, k) => (rule === 'bp' ? 2 * LAYERS - k : k + 1);
const share = (beat) => ((100 * (FIRST_BEAT + BEAT * (beat - 1))) / SECONDS).toFixed(2);

/** The confidence in the name before and after the step of each rule. */
function step(program, make, digits, x) {
  return RULES.map((rule) => {
    const model = make(program, rule, 5, SIZES);
    digits.train.slice(0, 900).forEach((row) => model.learn(row.x, row.label));
    const before = model.learn(x, LABEL)[LABEL];
    return [before, model.predict(x).outputs[LABEL]].map((value) => `${Math.round(100 * value)} %`);
  });
}

function keyframes() {
  const made = [];
  for (const way of ['local', 'bp']) {
    for (let k = 0; k < LAYERS; k++) {
      const [from, to] = [answered(k), learned(way, k)];
      const locked = from === to ? '' : `${share(from)}% { fill: var(--wait) } `;
      made.push(`@keyframes ${way}${k} { 0% { fill: var(--box) } ${locked}${share(to)}% { fill: var(--good) } 100% { fill: var(--good) } }`);
      made.push(`.${way}${k} { animation: ${way}${k} ${SECONDS}s step-end infinite }`);
    }
  }
  return made.map((line) => `    ${line}`).join('\n');
}

const style = () => `  <style>
    svg { --paper: #ffffff; --edge: #d0d7de; --ink: #1f2328; --muted: #59636e; --box: #eaeef2; --good: #2f9e6e; --wait: #d9822b; --on: #1f2328 }
    @media (prefers-color-scheme: dark) { svg { --paper: #1c2229; --edge: #38424e; --ink: #e8edf2; --muted: #a3afbc; --box: #303945; --good: #2b8a62; --wait: #b5651d } }
    text { font-family: system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; font-size: 17px; fill: var(--ink) }
    .head { font-size: 23px; font-weight: 600 }
    .small { font-size: 15px; fill: var(--muted) }
    .card { fill: var(--paper); stroke: var(--edge) }
    .pad { fill: none; stroke: var(--edge); stroke-width: 2 }
    .stroke { fill: none; stroke: var(--ink); stroke-width: 13; stroke-linecap: round; stroke-linejoin: round; stroke-dasharray: 1; animation: draw ${SECONDS}s linear infinite }
    .seen { animation: seen ${SECONDS}s step-end infinite }
    .endlocal { animation: endlocal ${SECONDS}s step-end infinite }
    .endbp { animation: endbp ${SECONDS}s step-end infinite }
    .pixel { fill: var(--ink) }
    .goodkey { fill: var(--good) } .waitkey { fill: var(--wait) } .box { fill: var(--box) }
    @keyframes draw { 0% { stroke-dashoffset: 1 } 15% { stroke-dashoffset: 0 } 100% { stroke-dashoffset: 0 } }
    @keyframes seen { 0% { opacity: 0 } 18% { opacity: 1 } 100% { opacity: 1 } }
    @keyframes endlocal { 0% { opacity: 0 } ${share(LAYERS)}% { opacity: 1 } 100% { opacity: 1 } }
    @keyframes endbp { 0% { opacity: 0 } ${share(2 * LAYERS)}% { opacity: 1 } 100% { opacity: 1 } }
${keyframes()}
    @media (prefers-reduced-motion: reduce) { * { animation: none !important } .good-still { fill: var(--good) } .wait-still { fill: var(--wait) } }
  </style>`;

/** The pad with its stroke, and the pixels that come of it. */
function pad(pixels) {
  const [left, top, side] = [28, 78, 150];
  const path = STROKE.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${(left + x * side).toFixed(1)} ${(top + y * side).toFixed(1)}`).join(' ');
  const dot = 9;
  const squares = Array.from(pixels, (value, i) => (value === 0 ? '' : `<rect class="pixel" x="${left + 39 + dot * (i % 8)}" y="${top + side + 32 + dot * Math.floor(i / 8)}" width="${dot}" height="${dot}" opacity="${(value / 16).toFixed(2)}"/>`));
  return `  <rect class="pad" x="${left}" y="${top}" width="${side}" height="${side}" rx="10"/>
  <path class="stroke" pathLength="1" d="${path}"/>
  <g class="seen"><text class="small" x="${left + side / 2}" y="${top + side + 22}" text-anchor="middle">8 × 8 pixels, “7”</text>${squares.join('')}</g>`;
}

function lane(rule, m, [before, after]) {
  const top = 78 + 88 * m;
  const way = rule === 'bp' ? 'bp' : 'local';
  const boxes = Array.from({ length: LAYERS }, (_, k) => {
    const x = 214 + 64 * k;
    const still = rule === 'bp' ? 'wait-still' : 'good-still';
    return `  <rect class="box ${still} ${way}${k}" x="${x}" y="${top + 10}" width="54" height="40" rx="6"/><text x="${x + 27}" y="${top + 36}" text-anchor="middle">${k + 1}</text>`;
  });
  return `  <text x="214" y="${top}">${rule}</text>
${boxes.join('\n')}
  <g class="end${way}"><text class="small" x="536" y="${top + 26}">sure: ${before}</text><text class="small" x="536" y="${top + 45}">then ${after}</text></g>`;
}

async function run([page, folder]) {
  const module = (path) => import(pathToFileURL(resolve(path)).href);
  const { start } = await module(join(folder, 'openloop.js'));
  const { make } = await module(join(page, 'lesson.js'));
  const { parseDigits } = await module(join(page, 'digits.js'));
  const { rasterise } = await module(join(page, 'raster.js'));
  const digits = parseDigits(gunzipSync(readFileSync(join(page, 'digits.bin'))).toString());
  const pixels = rasterise([STROKE.map(([x, y]) => ({ x, y }))]);
  const found = step(await start(), make, digits, pixels);
  console.log(`<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by bindings/web/picture.mjs, with the networks of the page. -->
<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title desc">
  <title id="title">A stroke that is named is one learning step: what three rules do with it, beat by beat</title>
  <desc id="desc">Under drtp and local-error each of five layers learns in the beat in which it answers. Under backpropagation the layers are locked until the walk back reaches them, and the step takes ten beats. Confidence in the name: ${RULES.map((rule, m) => `${rule} ${found[m].join(' to ')}`).join(', ')}.</desc>
${style()}
  <rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="12"/>
  <text class="head" x="28" y="42">A stroke that is named is one learning step</text>
${pad(pixels)}
${RULES.map((rule, m) => lane(rule, m, found[m])).join('\n')}
  <rect class="goodkey" x="214" y="342" width="16" height="16" rx="3"/><text class="small" x="238" y="356">has learned</text>
  <rect class="waitkey" x="342" y="342" width="16" height="16" rx="3"/><text class="small" x="366" y="356">has answered, is locked</text>
</svg>`);
}

await run(process.argv.slice(2));
