/**
 * Keeps the page's own files, so that it opens offline and can be installed. It handles only GETs of the files named
 * here: photos and answers are never kept.
 */

const CACHE = "shell-1";

const SHELL = [
  "./",
  "manifest.webmanifest",
  "css/base.css",
  "css/cards.css",
  "css/controls.css",
  "css/dialogs.css",
  "css/layout.css",
  "css/reader.css",
  "css/shelves.css",
  "icons/icon.svg",
  "icons/icons.svg",
  "js/access.js",
  "js/api.js",
  "js/app.js",
  "js/camera.js",
  "js/card.js",
  "js/consent.js",
  "js/cover.js",
  "js/dom.js",
  "js/filters.js",
  "js/find.js",
  "js/history.js",
  "js/i18n.js",
  "js/identity.js",
  "js/live.js",
  "js/map.js",
  "js/mood.js",
  "js/opinions.js",
  "js/photo.js",
  "js/problems.js",
  "js/reading.js",
  "js/recommending.js",
  "js/saved.js",
  "js/share.js",
  "js/shelf.js",
  "js/shelves.js",
  "js/shrink.js",
  "js/stage.js",
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

self.addEventListener("install", (event) => event.waitUntil(keepShell()));

self.addEventListener("activate", (event) => event.waitUntil(dropOldCaches()));

self.addEventListener("fetch", (event) => {
  const address = event.request.url.split(/[?#]/)[0];
  if (event.request.method === "GET" && addresses.has(address)) event.respondWith(fromNetworkFirst(address));
});

async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function dropOldCaches() {
  const old = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The server's file, or the kept one where the server does not answer. */
async function fromNetworkFirst(address) {
  const cache = await caches.open(CACHE);
  try {
    // "no-cache" asks the server each time whether the file changed, so that old and new scripts do not mix.
    const response = await fetch(address, { cache: "no-cache" });
    if (response.ok) await cache.put(address, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(address);
    if (kept) return kept;
    throw error;
  }
}
