/** The anonymous id: made at random with the first opinion, kept in local storage until it is forgotten or replaced. */

import { read, write } from "./store.js";

let inMemory = null;

/** The id, or null while this browser has none. */
export function userId() {
  return read("user") ?? inMemory;
}

/** The id; makes one if there is none. */
export function ensureUserId() {
  if (!userId()) setUserId(randomId());
  return userId();
}

/** Uses another id from now on; null for none. */
export function setUserId(id) {
  inMemory = id;
  write("user", id);
}

/** 122 random bits as a UUID; crypto.randomUUID exists only on secure pages. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
