// @ts-check
// Calls into the worker, in which all models live: the page itself never waits for a learning step.

/** @type {Worker | undefined} */
let worker;
let last = 0;
/** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void, onProgress?: (value: any) => void }>} */
const waiting = new Map();

/** Starts the worker. @param {(message: string) => void} onFailure */
export function startWorker(onFailure) {
  worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('error', (event) => onFailure(event.message || 'worker.js could not be loaded'));
  worker.addEventListener('message', ({ data }) => {
    const call = waiting.get(data.id);
    if (!call) {
      return;
    }
    if ('progress' in data) {
      call.onProgress?.(data.progress);
      return;
    }
    waiting.delete(data.id);
    if ('error' in data) {
      call.reject(new Error(data.error));
    } else {
      call.resolve(data.result);
    }
  });
}

/**
 * Calls a function of the worker.
 * @param {string} name
 * @param {object} [given]
 * @param {(value: any) => void} [onProgress]
 * @returns {Promise<any>}
 */
export function call(name, given = {}, onProgress) {
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, onProgress });
    worker?.postMessage({ id, name, given });
  });
}
