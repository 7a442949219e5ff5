// The npm package as its users have it, installed from its folder: the same bits as the core on this machine, files both ways, errors
// in words. The page's own modules that need no browser are tested here too.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { OpenloopError, start } from 'openloop-wasm';

const page = process.env.OPENLOOP_PAGE;
const module = (name) => import(pathToFileURL(join(page, name)).href);
const program = await start();
const SIZES = [64, 20, 12, 10];
const checksums = readFileSync(new URL('./checksums.txt', import.meta.url), 'utf8');

/** The samples of tests/same_bits.rs. */
function sample(step) {
  const x = Float32Array.from({ length: 64 }, (_, i) => (7 * i + 13 * step + ((step * step) % 11)) % 17);
  return { x, label: step % 10 };
}

function model(rule) {
  const offset = new Float32Array(64).fill(5);
  const scale = new Float32Array(64).fill(1 / 6);
  return program.create({ sizes: SIZES, rule, seed: 7, hiddenRate: 0.01, outputRate: 0.1, offset, scale });
}

for (const line of checksums.trim().split('\n')) {
  const [rule, expected] = line.split(' ');
  test(`${rule} has the bits of the core after 200 steps`, () => {
    const made = model(rule);
    for (let step = 0; step < 200; step++) {
      const { x, label } = sample(step);
      made.learn(x, label);
    }
    assert.equal(made.checksum(), expected);
    assert.equal(made.samples, 200);
  });
}

test('a saved model is the same model, here and in what it learns next', () => {
  const made = model('local-error');
  const { x, label } = sample(1);
  made.learn(x, label);
  const read = program.load(made.save());
  assert.deepEqual([read.checksum(), read.rule, read.samples], [made.checksum(), 'local-error', 1]);
  assert.deepEqual(read.learn(x, label), made.learn(x, label));
  assert.equal(read.checksum(), made.checksum());
});

test('learning raises the confidence, and a prediction changes nothing', () => {
  const made = model('drtp');
  const { x, label } = sample(4);
  const before = made.learn(x, label)[label];
  const sum = made.checksum();
  const { label: found, outputs } = made.predict(x);
  assert.ok(outputs[label] > before);
  assert.equal(found, outputs.indexOf(Math.max(...outputs)));
  assert.equal(made.classOf(x), found);
  assert.equal(made.checksum(), sum);
});

test('a step in parts shows which layer has learned', () => {
  const { x, label } = sample(0);
  for (const [rule, first, parts] of [['drtp', true, 3], ['bp', false, 6]]) {
    const made = model(rule);
    const before = made.checksum(0);
    made.begin(x, label);
    let more = made.advance();
    assert.equal(made.checksum(0) !== before, first, rule);
    let taken = 1;
    while (more) {
      more = made.advance();
      taken++;
    }
    assert.deepEqual([taken, made.plan().parts], [parts, parts]);
    assert.notEqual(made.checksum(0), before);
  }
});

test('the plan has the bytes of the core: a local rule keeps two layers, bp keeps all', () => {
  const [drtp, bp] = [model('drtp').plan(), model('bp').plan()];
  assert.equal(drtp.activations, 4 * (20 + 12));
  assert.equal(bp.activations, 4 * (20 + 12 + 10));
  assert.equal(bp.parameters, 4 * model('bp').parameters().length);
});

test('a wrong request is refused in words and changes nothing', () => {
  const made = model('drtp');
  const sum = made.checksum();
  const { x } = sample(0);
  assert.throws(() => made.learn(x, 10), /label 10 is out of range: the network has 10 classes/);
  assert.throws(() => made.learn(x, -1), /whole number/);
  assert.throws(() => made.learn(x.subarray(1), 1), /the input has 63 values, but 64 are needed/);
  assert.throws(() => made.learn(new Float32Array(64).fill(NaN), 1), /infinite or not a number/);
  assert.throws(() => made.advance(), /no learning step is under way/);
  assert.throws(() => program.create({ sizes: SIZES, rule: 'magic' }), /unknown rule; known are: bp, fa/);
  assert.throws(() => program.create({ sizes: SIZES, rule: 'local-error-learned' }), /a device does not learn by/);
  assert.throws(() => program.create({ sizes: [64, 0, 10] }), /no inputs or no outputs/);
  assert.throws(() => program.create({ sizes: [64, 1e9, 10] }), OpenloopError);
  assert.throws(() => made.standardise([1], [1]), OpenloopError);
  assert.equal(made.checksum(), sum);
});

test('broken files say what is wrong with them, wherever a bit is changed', () => {
  const bytes = model('drtp').save();
  for (let at = 0; at < bytes.length; at += 7) {
    const broken = bytes.slice();
    broken[at] ^= 16;
    assert.throws(() => program.load(broken), OpenloopError, `byte ${at}`);
  }
  assert.throws(() => program.load(bytes.slice(0, 500)), /part of it is missing/);
  assert.throws(() => program.load(new TextEncoder().encode('not a model at all, just text. '.repeat(9))), /no device blob/);
  assert.throws(() => program.load(new Uint8Array(0)), OpenloopError);
  assert.throws(() => program.load(new Uint8Array(2 ** 26)), /more than a call takes/);
  assert.equal(program.load(bytes).checksum(), model('drtp').checksum(), 'and the program goes on');
});

test('a model that was freed is no model, and its place is used again', () => {
  const made = model('bp');
  const { id } = made;
  made.free();
  assert.throws(() => made.checksum(), /there is no model/);
  assert.throws(() => made.free(), /there is no model/);
  assert.equal(model('bp').id, id);
});

test('the shipped digits are learned by every rule on the page', async () => {
  const { parseDigits } = await module('digits.js');
  const { make, RULES } = await module('lesson.js');
  const digits = parseDigits(gunzipSync(readFileSync(join(page, 'digits.bin'))).toString());
  assert.deepEqual([digits.train.length, digits.test.length], [1438, 359]);
  for (const rule of RULES) {
    const made = make(program, rule, 1);
    digits.train.forEach(({ x, label }) => made.learn(x, label));
    const wrong = digits.test.filter(({ x, label }) => made.classOf(x) !== label).length;
    assert.ok(wrong / digits.test.length < 0.15, `${rule}: ${wrong} of ${digits.test.length}`);
  }
});

test('another file in the place of the digits is refused', async () => {
  const { parseDigits } = await module('digits.js');
  assert.throws(() => parseDigits('<!DOCTYPE html>\n<p>not found</p>'), /serve the whole folder/);
});

test('a stroke fills the bitmap wherever on the pad and however large it was drawn', async () => {
  const { rasterise } = await module('raster.js');
  const line = (x, from, to) => [Array.from({ length: 20 }, (_, i) => ({ x, y: from + ((to - from) * i) / 19 }))];
  const large = rasterise(line(0.5, 0.1, 0.9));
  const small = rasterise(line(0.2, 0.1, 0.5));
  assert.deepEqual(large, small);
  assert.ok(Math.max(...large) <= 16 && Math.min(...large) === 0);
  assert.ok([0, 1, 2, 3, 4, 5, 6, 7].every((row) => large[8 * row + 3] + large[8 * row + 4] > 0), 'from top to bottom');
  assert.ok(rasterise([]).every((value) => value === 0));
  assert.ok(Math.max(...rasterise([[{ x: 0.5, y: 0.5 }]])) > 0, 'a dot is something');
});

test('gestures have 48 numbers, and lying still is none', async () => {
  const { ofAccelerometer, ofPath } = await module('motion.js');
  const shake = Array.from({ length: 60 }, (_, i) => [5 * Math.sin(i / 4), 9.8, 2 * Math.cos(i / 3)]);
  assert.equal(ofAccelerometer(shake).length, 48);
  assert.equal(ofAccelerometer(Array.from({ length: 60 }, () => [0.01, 9.8, 0])), undefined);
  assert.equal(ofAccelerometer([]), undefined);
  const circle = Array.from({ length: 30 }, (_, i) => ({ x: Math.cos(i / 5), y: Math.sin(i / 5) }));
  assert.equal(ofPath(circle).length, 48);
  assert.ok(ofPath(circle).every(Number.isFinite));
});

test('the frozen network falls behind when the sensor ages, and a glitch does no lasting harm', async () => {
  const { calls } = await module('sensor.js');
  const settings = { schedule: 'steady', speed: 2, age: 0, noise: 1, labels: 1, delay: 0, wrong: 0 };
  calls.sensorBegin({ program }, { seed: 11, rule: 'drtp' });
  const { shares, age } = calls.sensorRun({}, { rows: 2500, settings });
  assert.ok(age > 1 && shares[1] > shares[0] + 0.1, `learning ${shares[1]}, frozen ${shares[0]}`);
  assert.ok(calls.sensorGlitch({}, { value: 1e20, settings }).largest < 1);
  assert.match(calls.sensorGlitch({}, { value: NaN, settings }).refused, /not a number/);
  const later = calls.sensorRun({}, { rows: 300, settings });
  assert.ok(later.shares[1] > shares[1] - 0.1, `${later.shares[1]} after ${shares[1]}`);
  assert.equal(later.health.refused, 1);
});

test('the example of the README prints what it says', async () => {
  const readme = readFileSync(new URL('../node_modules/openloop-wasm/README.md', import.meta.url), 'utf8');
  const example = readme.split('```js\n')[1].split('```')[0];
  const expected = Array.from(example.matchAll(/console\.log.*\/\/ (.*)$/gm), ([, said]) => said);
  const printed = [];
  const run = Object.getPrototypeOf(async () => {}).constructor;
  await new run('start', 'console', example.replace(/^import.*$/m, ''))(start, { log: (value) => printed.push(String(value)) });
  assert.deepEqual(printed, expected);
});

test('the list of files that are kept for offline use is the folder\'s', () => {
  const list = readFileSync(join(page, 'offline.js'), 'utf8').split('FILES = [')[1].split(']')[0];
  const names = Array.from(list.matchAll(/'([^']+)'/g), ([, name]) => name);
  assert.deepEqual(names.slice(1), readdirSync(page).filter((name) => name !== 'offline.js').sort());
});

test('no source of the page has more than 400 lines, and the page asks for nothing elsewhere', () => {
  for (const name of readdirSync(page).filter((each) => /\.(js|css|html)$/.test(each))) {
    const source = readFileSync(join(page, name), 'utf8');
    assert.ok(source.split('\n').length <= 400, name);
    assert.deepEqual(source.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg)[^\s'"]+/g), null, name);
  }
});

test('the picture of the README is what the networks do', () => {
  const root = process.env.OPENLOOP_ROOT;
  const script = join(root, 'bindings/web/picture.mjs');
  const folder = new URL('../node_modules/openloop-wasm', import.meta.url).pathname;
  const made = execFileSync(process.execPath, [script, page, folder]).toString();
  assert.equal(made, readFileSync(join(root, 'docs/page.svg'), 'utf8'));
});
