/** Shows every problem as a sentence with ways on. */

import { ENTER_KEY } from "./access.js";
import { Problem } from "./api.js";
import { byId, el, icon } from "./dom.js";
import { t } from "./i18n.js";

/** The key of the sentence for each code, and for the statuses of other codes. */
const BY_CODE = {
  timeout: "problem.timeout",
  stream: "problem.stream",
  busy: "problem.busy",
  inference_unavailable: "problem.down",
  inference_timeout: "problem.down",
  inference_bad_answer: "problem.down",
};
const BY_STATUS = {
  0: "problem.network",
  400: "problem.unreadable",
  401: "problem.key",
  403: "problem.forbidden",
  404: "problem.missing",
  408: "problem.timeout",
  413: "problem.large",
  415: "problem.type",
  429: "problem.busy",
  503: "problem.resting",
};

/** A problem that the page itself found; the message is a key of the strings. */
export class PageProblem extends Error {}

/** A problem in words; any other error is a bug and thrown on. */
export function sentence(error) {
  if (error instanceof PageProblem) return t(error.message);
  if (!(error instanceof Problem)) throw error;
  const { code, status, detail, requestId } = error;
  if (status === 422) return t("problem.asked", { detail });
  const known = BY_CODE[code] ?? BY_STATUS[status];
  return known ? t(known) : t(requestId ? "problem.server" : "problem.unnamed", { id: requestId });
}

/**
 * Shows a problem beside the photo or the shelves, with buttons that lead on.
 * @param {"photo"|"shelves"} place
 * @param {Error} error
 * @param {{words: string, act: () => void}[]} ways `words` is a key of the strings
 */
export function showProblem(place, error, ways) {
  const all = error.status === 401 ? [ENTER_KEY, ...ways] : ways;
  const buttons = all.map(({ words: key, act }) =>
    el("button", { type: "button", class: "secondary", text: t(key), on: { click: act } }),
  );
  const box = boxOf(place);
  box.replaceChildren(icon("alert"), el("p", { text: sentence(error) }), el("div", { class: "row" }, ...buttons));
  box.hidden = false;
}

export function clearProblem(place) {
  const box = boxOf(place);
  box.hidden = true;
  box.replaceChildren();
}

const boxOf = (place) => byId(`${place}-problem`);

/** A way on: does the same once more. */
export const retry = (act) => ({ words: "retry", act });

/** Whether an error only says that the request was cancelled. */
export function cancelled(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
