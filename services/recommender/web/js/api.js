/** Calls the recommender's routes. Every failure is thrown as a `Problem`. */

import { accessHeaders } from "./access.js";
import { language } from "./i18n.js";

const TIMEOUT_MS = 30_000;

/** An answer that is not a success, or no answer at all (status 0). */
export class Problem extends Error {
  /** @param {{status: number, code?: string, detail?: string, requestId?: string}} facts */
  constructor({ status, code = "", detail = "", requestId = "" }) {
    super(detail || code || `status ${status}`);
    Object.assign(this, { status, code, detail, requestId });
  }
}

/**
 * @param {{emotion?: string, probabilities?: object, medium?: string[], limit?: number, strategy?: string,
 *   exclude?: number[], user_id?: string, sensitive?: string, genre?: string[], language?: string, year_from?: number,
 *   year_to?: number, family?: boolean}} options
 */
export function recommend(options, signal) {
  return request("recommend", { method: "POST", json: options, signal });
}

/** @param {{user_id: string, item_id: number, action: string, emotion?: string}} opinion */
export function sendFeedback(opinion, key) {
  return request("feedback", { method: "POST", json: opinion, headers: { "Idempotency-Key": key } });
}

const pathOf = (userId) => `users/${encodeURIComponent(userId)}`;
const pageOf = (cursor) => `limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`;

/** What a user said, the latest first, up to 200 a page. */
export function fetchHistory(userId, cursor = null) {
  return request(`${pathOf(userId)}/history?${pageOf(cursor)}`, {});
}

/** The items on a user's list, the latest first, up to 200 a page. */
export function fetchSaved(userId, cursor = null) {
  return request(`${pathOf(userId)}/saved?${pageOf(cursor)}`, {});
}

/** All that is kept of a user. */
export function fetchExport(userId) {
  return request(`${pathOf(userId)}/export`, {});
}

/** Takes one action of a user on an item back. */
export function takeBack(userId, itemId, action) {
  return request(`${pathOf(userId)}/opinions/${itemId}?action=${action}`, { method: "DELETE" });
}

export function forgetUser(userId) {
  return request(pathOf(userId), { method: "DELETE" });
}

const FOUND = 24;

/** Items of the catalogue whose title or creator has the words `q`. @param {{q: string}} options with filters */
export function searchItems(options, signal) {
  const words = Object.entries({ ...options, limit: FOUND }).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one]),
  );
  return request(`items?${new URLSearchParams(words)}`, { signal });
}

/** Items like this one. */
export function similarItems(id, signal) {
  return request(`items/${id}/similar?limit=${FOUND / 2}`, { signal });
}

export function fetchEmotions() {
  return request("emotions", {});
}

async function request(path, { method = "GET", json, headers = {}, signal }) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        Accept: "application/json",
        "Accept-Language": language(),
        ...accessHeaders(),
        ...(json && { "Content-Type": "application/json" }),
        ...headers,
      },
      body: json && JSON.stringify(json),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Problem({ status: 0, code: error.name === "TimeoutError" ? "timeout" : "network" });
  }
  return answer(response.status, await response.text(), response.headers.get("X-Request-ID"));
}

/**
 * Sends a photo and gets its prediction and recommendation; by XMLHttpRequest, since fetch reports no upload progress.
 * @param {Blob} photo
 * @param {Record<string, string|number|number[]>} options
 * @param {{onProgress: (share: number) => void, signal: AbortSignal}} how
 */
export function recommendPhoto(photo, options, { onProgress, signal }) {
  const form = new FormData();
  form.append("file", photo, photo.name ?? "photo");
  for (const [name, value] of Object.entries(options)) {
    for (const one of [value].flat()) form.append(name, String(one));
  }
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    const stop = () => call.abort();
    const fail = (code) => () => reject(new Problem({ status: 0, code }));
    call.open("POST", "recommend/photo");
    const headers = { "Accept-Language": language(), ...accessHeaders() };
    for (const [name, value] of Object.entries(headers)) call.setRequestHeader(name, value);
    call.timeout = TIMEOUT_MS * 2;
    call.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    call.onerror = fail("network");
    call.ontimeout = fail("timeout");
    call.onabort = () => reject(signal.reason);
    call.onloadend = () => signal.removeEventListener("abort", stop);
    call.onload = () => {
      try {
        resolve(answer(call.status, call.responseText, call.getResponseHeader("X-Request-ID")));
      } catch (problem) {
        reject(problem);
      }
    };
    signal.addEventListener("abort", stop);
    call.send(form);
  });
}

function answer(status, text, requestId) {
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    if (status < 400) throw new Problem({ status: 502, code: "not_json" });
  }
  if (status < 400) return body;
  throw problemFrom(status, body, requestId);
}

/** Makes a Problem of an application/problem+json object. */
export function problemFrom(status, body, requestId = "") {
  return new Problem({
    status,
    code: body?.code,
    detail: typeof body?.detail === "string" ? body.detail : "",
    requestId: body?.request_id ?? requestId ?? "",
  });
}
