/** The anonymous id: made at random with the first opinion, kept in local storage until "forget me". */

import { read, write } from "./store.js";

let inMemory = null;

/** The id, or null while this browser has none. */
export function userId() {
  return read("user") ?? inMemory;
}

/** The id; makes one if there is none. */
export function ensureUserId() {
  const known = userId();
  if (known) return known;
  inMemory = randomId();
  write("user", inMemory);
  return inMemory;
}

export function dropUserId() {
  inMemory = null;
  write("user", null);
}

/** 122 random bits as a UUID; crypto.randomUUID exists only on secure pages. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
