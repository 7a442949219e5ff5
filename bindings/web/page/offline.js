// @ts-check
// The service worker: the page's files are kept when it was visited, so that it opens without a network. A newer file of the server
// is taken first.

const CACHE = 'openloop-page';
const FILES = [
  './', 'bars.js', 'call.js', 'chart.js', 'digits.bin', 'digits.js', 'draw.js', 'drift.js', 'files.js', 'gesture.js', 'gestures.js',
  'index.html', 'lesson.js', 'main.js', 'motion.js', 'openloop.js', 'openloop.wasm', 'pad.js', 'raster.js', 'see.js', 'sensor.js', 'shared.js',
  'slow.js', 'style.css', 'words.js', 'worker.js',
];

self.addEventListener('install', (/** @type {any} */ event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
});

self.addEventListener('fetch', (/** @type {any} */ event) => {
  if (event.request.method === 'GET') {
    event.respondWith(newest(event.request));
  }
});

/** What the server has, else what is kept. @param {Request} request */
async function newest(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) {
      await cache.put(request, response.clone());
    }
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) {
      return kept;
    }
    throw error;
  }
}
