/** The recommender's routes, as functions. Every failure is thrown as one `Problem`. */

const TIMEOUT_MS = 30_000;

/** An answer that is not a success, or no answer at all (status 0). */
export class Problem extends Error {
  /** @param {{status: number, code?: string, detail?: string, retryAfter?: number, requestId?: string}} facts */
  constructor({ status, code = "", detail = "", retryAfter = 0, requestId = "" }) {
    super(detail || code || `status ${status}`);
    Object.assign(this, { status, code, detail, retryAfter, requestId });
  }
}

/** The probabilities or the emotion of a mood, as `POST /recommend` takes them. */
export function moodOptions(mood) {
  return mood.probabilities ? { probabilities: mood.probabilities } : { emotion: mood.emotion };
}

/**
 * @param {{emotion?: string, probabilities?: object, medium?: string[], limit?: number, strategy?: string,
 *   exclude?: number[], user_id?: string}} options
 */
export function recommend(options, signal) {
  return request("recommend", { method: "POST", json: options, signal });
}

/** @param {{user_id: string, item_id: number, action: string, emotion?: string}} opinion */
export function sendFeedback(opinion, key) {
  return request("feedback", { method: "POST", json: opinion, headers: { "Idempotency-Key": key } });
}

/** The latest opinions first, up to 200 a page. */
export function fetchHistory(userId, cursor = null) {
  const page = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  return request(`users/${encodeURIComponent(userId)}/history?limit=200${page}`, {});
}

export function forgetUser(userId) {
  return request(`users/${encodeURIComponent(userId)}`, { method: "DELETE" });
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
      headers: { Accept: "application/json", ...(json && { "Content-Type": "application/json" }), ...headers },
      body: json && JSON.stringify(json),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Problem({ status: 0, code: error.name === "TimeoutError" ? "timeout" : "network" });
  }
  return answer(response.status, await response.text(), (name) => response.headers.get(name));
}

/**
 * Sends a photo and gets its prediction and recommendation. XMLHttpRequest, because fetch tells no upload progress.
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
    call.timeout = TIMEOUT_MS * 2;
    call.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    call.onerror = fail("network");
    call.ontimeout = fail("timeout");
    call.onabort = () => reject(signal.reason);
    call.onloadend = () => signal.removeEventListener("abort", stop);
    call.onload = () => {
      try {
        resolve(answer(call.status, call.responseText, (name) => call.getResponseHeader(name)));
      } catch (problem) {
        reject(problem);
      }
    };
    signal.addEventListener("abort", stop);
    call.send(form);
  });
}

function answer(status, text, header) {
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    if (status < 400) throw new Problem({ status: 502, code: "not_json" });
  }
  if (status < 400) return body;
  throw problemFrom(status, body, Number(header("Retry-After")), header("X-Request-ID"));
}

/** A Problem from an application/problem+json object; used by the stream as well. */
export function problemFrom(status, body, retryAfter = 0, requestId = "") {
  return new Problem({
    status,
    code: body?.code,
    detail: typeof body?.detail === "string" ? body.detail : "",
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : 0,
    requestId: body?.request_id ?? requestId ?? "",
  });
}
