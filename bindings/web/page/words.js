// @ts-check
// Numbers and messages as words, and elements by their ids.

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!found || (type && !(found instanceof type))) {
    throw new Error(`the page has no ${id}`);
  }
  return /** @type {T} */ (found);
}

/** A share from 0 to 1. @param {number} share */
export const percent = (share) => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–');

/** A whole number with its thousands apart. @param {number} number */
export const count = (number) => Math.round(number).toLocaleString('en');

/** @param {number} digit */
export const describe = (digit) => ['a zero', 'a one', 'a two', 'a three', 'a four', 'a five', 'a six', 'a seven', 'an eight', 'a nine'][digit];

/** Writes a message where a screen reader reads it out. @param {string} id @param {string} text */
export function say(id, text) {
  byId(id).textContent = text;
}

/** What went wrong, as words. @param {unknown} error */
export const reason = (error) => (error instanceof Error ? error.message : String(error));
