// @ts-check
// A canvas on which one draws with a pen, a finger, the mouse or the arrow keys.

/** @typedef {import('./raster.js').Point} Point */

const STEP = 1 / 24;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Strokes on a canvas. */
export class Pad {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} onChange called when a stroke has ended, or all are gone
   */
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    /** @type {Point[][]} */
    this.strokes = [];
    this.drawing = false;
    this.pen = { x: 0.5, y: 0.3 };
    this.keyboard = false;
    /** Pixels that are shown while nothing is drawn. @type {ArrayLike<number> | undefined} */
    this.example = undefined;
    this.listen();
    this.paint();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      canvas.focus({ preventScroll: true });
      this.keyboard = false;
      this.drawing = true;
      this.example = undefined;
      this.strokes.push([this.pointOf(event)]);
      this.paint();
    });
    canvas.addEventListener('pointermove', (event) => {
      if (this.drawing && !this.keyboard) {
        const events = event.getCoalescedEvents?.() ?? [];
        (events.length > 0 ? events : [event]).forEach((each) => this.strokes.at(-1)?.push(this.pointOf(each)));
        this.paint();
      }
    });
    const end = () => this.drawing && !this.keyboard && this.endStroke();
    canvas.addEventListener('pointerup', end);
    canvas.addEventListener('pointercancel', end);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.paint());
    canvas.addEventListener('keydown', (event) => this.onKey(event));
    canvas.addEventListener('blur', () => {
      if (this.drawing && this.keyboard) {
        this.endStroke();
      }
      this.keyboard = false;
      this.paint();
    });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const move = KEYS[/** @type {keyof typeof KEYS} */ (event.key)];
    if (event.key === ' ') {
      this.keyboard = true;
      this.drawing = !this.drawing;
      if (this.drawing) {
        this.example = undefined;
        this.strokes.push([{ ...this.pen }]);
      } else {
        this.onChange();
      }
    } else if (event.key === 'Backspace' || event.key === 'Delete') {
      this.clear();
    } else if (move) {
      this.keyboard = true;
      const within = (/** @type {number} */ value) => Math.min(0.95, Math.max(0.05, value));
      this.pen = { x: within(this.pen.x + STEP * move[0]), y: within(this.pen.y + STEP * move[1]) };
      if (this.drawing) {
        this.strokes.at(-1)?.push({ ...this.pen });
      }
    } else {
      return;
    }
    event.preventDefault();
    this.paint();
  }

  endStroke() {
    this.drawing = false;
    this.onChange();
  }

  clear() {
    this.strokes = [];
    this.drawing = false;
    this.example = undefined;
    this.paint();
    this.onChange();
  }

  /** Shows pixels in the place of a drawing. @param {ArrayLike<number>} pixels */
  show(pixels) {
    this.strokes = [];
    this.drawing = false;
    this.example = pixels;
    this.paint();
  }

  /** @param {PointerEvent} event @returns {Point} */
  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  paint() {
    const { canvas } = this;
    const context = canvas.getContext('2d');
    if (!context) {
      return;
    }
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (this.example) {
      this.paintExample(context, style.getPropertyValue('--ink'), this.example);
    } else if (this.strokes.length === 0 && !this.keyboard) {
      context.font = `${canvas.width / 18}px system-ui, sans-serif`;
      context.textAlign = 'center';
      context.fillStyle = style.getPropertyValue('--muted');
      context.fillText('draw here', canvas.width / 2, canvas.height / 2);
    }
    this.paintStrokes(context, style.getPropertyValue('--ink'));
    if (this.keyboard) {
      context.beginPath();
      context.arc(this.pen.x * canvas.width, this.pen.y * canvas.height, canvas.width / 40, 0, 7);
      context.fillStyle = style.getPropertyValue(this.drawing ? '--accent' : '--muted');
      context.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {string} ink */
  paintStrokes(context, ink) {
    const size = this.canvas.width;
    context.lineWidth = size / 14;
    context.lineCap = context.lineJoin = 'round';
    context.strokeStyle = ink;
    for (const stroke of this.strokes) {
      context.beginPath();
      stroke.forEach(({ x, y }, i) => (i === 0 ? context.moveTo(x * size, y * size) : context.lineTo(x * size, y * size)));
      if (stroke.length === 1) {
        context.lineTo(stroke[0].x * size, stroke[0].y * size);
      }
      context.stroke();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {string} ink @param {ArrayLike<number>} pixels */
  paintExample(context, ink, pixels) {
    const side = this.canvas.width / 8;
    context.fillStyle = ink;
    for (let i = 0; i < pixels.length; i++) {
      context.globalAlpha = Math.min(16, pixels[i]) / 16;
      context.fillRect((i % 8) * side, Math.floor(i / 8) * side, side, side);
    }
    context.globalAlpha = 1;
  }
}

/**
 * Shows pixels from 0 to 16 as grey squares.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} pixels
 */
export function paintPixels(canvas, pixels) {
  const side = Math.round(Math.sqrt(pixels.length));
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  const image = context?.createImageData(side, side);
  if (!context || !image) {
    return;
  }
  const [r, g, b] = colour(getComputedStyle(canvas).getPropertyValue('--ink'));
  for (let i = 0; i < pixels.length; i++) {
    image.data.set([r, g, b, Math.round((255 * Math.min(16, pixels[i])) / 16)], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/** The parts of a colour written as #rrggbb. @param {string} text */
export function colour(text) {
  const digits = text.trim().replace('#', '');
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
}
