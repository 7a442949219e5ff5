// @ts-check
// The same files: models as the device has them, on disk and in the browser's own storage.

import { call } from './call.js';
import { setSigns, showStates, signNames } from './draw.js';
import { shared } from './shared.js';
import { byId, count, reason, say } from './words.js';

const KEY = 'openloop.kept';

/** Connects the section. */
export function openFiles() {
  byId('save').addEventListener('click', saveModel);
  byId('save-start').addEventListener('click', () => shared.startFiles && download(shared.startFiles[chosen()], `${ruleOf(chosen())}-start.olnb`));
  byId('save-strokes').addEventListener('click', saveStrokes);
  byId('file').addEventListener('change', loadModel);
  byId('keep').addEventListener('click', keep);
  byId('restore').addEventListener('click', restore);
  byId('forget').addEventListener('click', forget);
  document.addEventListener('states', showTable);
}

/** Which of the models is meant. */
const chosen = () => Number(byId('which', HTMLSelectElement).value);
/** @param {number} index */
const ruleOf = (index) => shared.states[index]?.rule ?? 'model';

function showTable() {
  byId('sums').innerHTML = shared.states.map((state) => `<tr><th scope="row">${state.rule}</th><td><code>${state.checksum}</code></td>`
    + `<td>${count(state.samples)}</td><td>${count(state.plan.parameters)} B</td></tr>`).join('');
  const options = byId('which', HTMLSelectElement).options;
  shared.states.forEach((state, i) => (options[i].textContent = `${i + 1}: ${state.rule}`));
}

/** @param {BlobPart} content @param {string} name */
function download(content, name) {
  const url = URL.createObjectURL(new Blob([content]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

async function saveModel() {
  const index = chosen();
  const bytes = await call('save', { index });
  download(bytes, `${ruleOf(index)}.olnb`);
  say('files-said', `${ruleOf(index)}.olnb, ${count(bytes.length)} bytes. A device loads it; "openloop eval ${ruleOf(index)}.olnb --data strokes.csv --label label" tests it on a PC.`);
}

/** The drawings since the start, as the digits' own table has them. */
function saveStrokes() {
  if (shared.lesson.length === 0) {
    say('files-said', 'Nothing was drawn and named since the start.');
    return;
  }
  const head = [...Array.from({ length: 64 }, (_, i) => `p${i}`), 'label'].join(',');
  const rows = shared.lesson.map(({ x, label }) => [...x, label].join(','));
  download([head, ...rows, ''].join('\n'), 'strokes.csv');
  say('files-said', `strokes.csv, ${rows.length} rows: "openloop train --data strokes.csv --label label" reads it.`);
}

async function loadModel() {
  const input = byId('file', HTMLInputElement);
  const file = input.files?.[0];
  if (!file) {
    return;
  }
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const index = chosen();
    const states = await call('load', { index, bytes });
    shared.lesson = [];
    shared.startFiles = await call('saveAll');
    showStates(states);
    say('files-said', `${file.name} is loaded: ${states[index].rule}, ${count(states[index].samples)} samples learned, checksum ${states[index].checksum}.`);
  } catch (error) {
    say('files-said', `${file.name} was not loaded: ${reason(error)}. The networks on this page are as they were. `
      + 'Choose a file that this page, "openloop export --to device" or a device has saved.');
  }
  input.value = '';
}

/** Puts all three models into the browser's storage. */
async function keep() {
  const files = await call('saveAll');
  const text = JSON.stringify({ files: files.map(toText), signs: signNames() });
  try {
    localStorage.setItem(KEY, text);
    say('files-said', `The three networks are kept in this browser (${count(text.length)} characters).`);
  } catch (error) {
    const full = error instanceof DOMException && error.name === 'QuotaExceededError';
    say('files-said', full
      ? 'The browser\'s storage for this page is full, so nothing was kept. Save the network to a file instead, or delete this site\'s data in the browser\'s settings.'
      : `This browser keeps nothing for this page (${reason(error)}). Save the network to a file instead.`);
  }
}

async function restore() {
  try {
    const text = localStorage.getItem(KEY);
    if (text === null) {
      say('files-said', 'Nothing is kept in this browser yet.');
      return;
    }
    const { files, signs } = JSON.parse(text);
    let states = shared.states;
    for (const [index, file] of files.entries()) {
      states = await call('load', { index, bytes: fromText(file) });
    }
    setSigns(signs);
    shared.lesson = [];
    shared.startFiles = await call('saveAll');
    showStates(states);
    say('files-said', 'The kept networks are back.');
  } catch (error) {
    say('files-said', `What is kept in this browser cannot be used: ${reason(error)}. Forget it and keep the networks again.`);
  }
}

function forget() {
  try {
    localStorage.removeItem(KEY);
    say('files-said', 'Nothing is kept in this browser any more.');
  } catch (error) {
    say('files-said', `This browser keeps nothing for this page (${reason(error)}).`);
  }
}

/** @param {Uint8Array} bytes */
const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
/** @param {string} text */
const fromText = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
