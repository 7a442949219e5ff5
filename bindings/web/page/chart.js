// @ts-check
// Line charts in SVG, with a line of words for who does not see them.

const NAMESPACE = 'http://www.w3.org/2000/svg';
const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [210, 44, 12, 10, 28];
/** How wide a chart is while it is not shown. */
const HIDDEN_WIDTH = 420;
/** A line has at most so many points; more are thinned out. */
const MOST = 400;

/** @typedef {{ name: string, className: string, points: [number, number][] }} Line */

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
function element(name, attributes, text) {
  const made = document.createElementNS(NAMESPACE, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, String(value)));
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

/** A chart of percentages over a number that grows. */
export class Chart {
  /**
   * @param {HTMLElement} place
   * @param {{ title: string, across: string, lines: { name: string, className: string }[] }} description
   */
  constructor(place, { title, across, lines }) {
    this.title = title;
    this.across = across;
    /** @type {Line[]} */
    this.lines = lines.map((line) => ({ ...line, points: [] }));
    this.svg = element('svg', { role: 'img', height: HEIGHT });
    this.svg.classList.add('chart');
    const legend = document.createElement('p');
    legend.className = 'legend';
    for (const { name, className } of lines) {
      const entry = document.createElement('span');
      entry.className = className;
      entry.textContent = name;
      legend.append(entry);
    }
    const heading = document.createElement('h3');
    heading.textContent = title;
    place.replaceChildren(heading, legend, this.svg);
    this.due = false;
    new ResizeObserver(() => this.drawSoon()).observe(this.svg);
    this.draw();
  }

  /** @param {number} x @param {number[]} values a share for each line, NaN for none */
  add(x, values) {
    this.lines.forEach((line, i) => {
      if (Number.isFinite(values[i])) {
        line.points.push([x, 100 * values[i]]);
      }
      if (line.points.length > MOST) {
        line.points = line.points.filter((_, at) => at % 2 === 0 || at === line.points.length - 1);
      }
    });
    this.drawSoon();
  }

  clear() {
    this.lines.forEach((line) => (line.points = []));
    this.drawSoon();
  }

  /** Draws once in the next frame, however often it is asked for. */
  drawSoon() {
    if (!this.due) {
      this.due = true;
      requestAnimationFrame(() => {
        this.due = false;
        this.draw();
      });
    }
  }

  draw() {
    const width = this.svg.clientWidth || HIDDEN_WIDTH;
    this.svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    const all = this.lines.flatMap((line) => line.points);
    const [first, last] = [Math.min(...all.map(([x]) => x), Infinity), Math.max(...all.map(([x]) => x), 1)];
    const from = Number.isFinite(first) && first < last ? first : 0;
    const x = (/** @type {number} */ value) => LEFT + ((width - LEFT - RIGHT) * (value - from)) / (last - from);
    const y = (/** @type {number} */ value) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / 100;
    const drawn = [0, 25, 50, 75, 100].flatMap((value) => [
      element('line', { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), class: 'grid' }),
      element('text', { x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, `${value}%`),
    ]);
    drawn.push(element('text', { x: LEFT, y: HEIGHT - 8 }, String(Math.round(from))));
    drawn.push(element('text', { x: width - RIGHT, y: HEIGHT - 8, 'text-anchor': 'end' }, `${Math.round(last)} ${this.across}`));
    for (const line of this.lines) {
      const points = line.points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ');
      drawn.push(element('polyline', { points, class: `line ${line.className}` }));
      const end = line.points.at(-1);
      if (end) {
        drawn.push(element('circle', { cx: x(end[0]), cy: y(end[1]), r: 4, class: `dot ${line.className}` }));
      }
    }
    this.svg.replaceChildren(...drawn);
    const ends = this.lines.map(({ name, points }) => `${name} ${points.length > 0 ? `${points[points.length - 1][1].toFixed(1)} %` : 'no value yet'}`);
    this.svg.setAttribute('aria-label', `${this.title}, after ${Math.round(last)} ${this.across}: ${ends.join(', ')}`);
  }
}
