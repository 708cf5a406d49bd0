/** The access key, where the operator set one: asked for once, kept in this browser, sent with each request. */

import { byId } from "./dom.js";
import { read, write } from "./store.js";

export function accessHeaders() {
  return read("key") ? { Authorization: `Bearer ${read("key")}` } : {};
}

/** The subprotocols of a WebSocket, which cannot send headers: the key follows in base64url. */
export function accessProtocols() {
  if (!read("key")) return [];
  const encoded = btoa(read("key")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return ["access-key", encoded];
}

export function setUpAccess() {
  byId("key-form").addEventListener("submit", () => {
    write("key", byId("key-value").value.trim() || null);
    location.reload(); // what was chosen before is still chosen then
  });
}

/** A way on after a 401. */
export const ENTER_KEY = {
  words: "key.enter",
  act: () => {
    byId("key").showModal();
    byId("key-value").focus();
  },
};
