// @ts-check
// Confidences as bars with a letter or two below; the words beside them say the same.

/**
 * @param {HTMLElement} place
 * @param {string[]} names
 * @param {ArrayLike<number> | undefined} shares from 0 to 1 for each name; none where nothing was asked
 */
export function showBars(place, names, shares) {
  while (place.children.length < names.length) {
    place.append(document.createElement('i'));
  }
  while (place.children.length > names.length) {
    place.lastElementChild?.remove();
  }
  const known = names.map((_, k) => shares?.[k] ?? 0);
  const best = shares ? known.indexOf(Math.max(...known)) : -1;
  names.forEach((name, k) => {
    const bar = /** @type {HTMLElement} */ (place.children[k]);
    bar.style.setProperty('--share', known[k].toFixed(3));
    bar.dataset.name = name;
    bar.classList.toggle('best', k === best);
  });
}
