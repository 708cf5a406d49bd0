/**
 * Keeps the page's own files, so that it opens without a connection and can be installed. Photos and answers are
 * never kept: only GETs of the files named here are touched, everything else goes past.
 */

const CACHE = "shell-1";

const SHELL = [
  "./",
  "manifest.webmanifest",
  "css/base.css",
  "css/controls.css",
  "css/dialogs.css",
  "css/layout.css",
  "css/reader.css",
  "css/shelves.css",
  "icons/icon.svg",
  "icons/icons.svg",
  "js/api.js",
  "js/app.js",
  "js/card.js",
  "js/consent.js",
  "js/dom.js",
  "js/faces.js",
  "js/history.js",
  "js/i18n.js",
  "js/live.js",
  "js/map.js",
  "js/moods.js",
  "js/opinions.js",
  "js/photo.js",
  "js/problems.js",
  "js/reading.js",
  "js/recommending.js",
  "js/shelves.js",
  "js/shrink.js",
  "js/state.js",
  "js/store.js",
  "js/stream.js",
  "js/theme.js",
  "js/user.js",
  "js/ways.js",
  "strings/de.js",
  "strings/en.js",
];

const addresses = new Set(SHELL.map((path) => new URL(path, self.registration.scope).href));

self.addEventListener("install", (event) => {
  const fresh = SHELL.map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name !== CACHE));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const address = event.request.url.split(/[?#]/)[0];
  if (event.request.method === "GET" && addresses.has(address)) event.respondWith(fromNetworkFirst(address));
});

/** The server's file if it answers, else the kept one: an update is seen at once, and offline still opens. */
async function fromNetworkFirst(address) {
  const cache = await caches.open(CACHE);
  try {
    // "no-cache" asks the server each time whether the file changed: no mixture of old and new scripts.
    const response = await fetch(address, { cache: "no-cache" });
    if (response.ok) await cache.put(address, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(address);
    if (kept) return kept;
    throw error;
  }
}
