/** Shows every problem as a sentence with ways on. */

import { Problem } from "./api.js";
import { byId, el, icon } from "./dom.js";
import { t } from "./i18n.js";

/** The key of the sentence for each status. */
const BY_STATUS = {
  0: "problem.network",
  400: "problem.unreadable",
  404: "problem.missing",
  413: "problem.large",
  415: "problem.type",
  429: "problem.busy",
  502: "problem.down",
  503: "problem.down",
  504: "problem.down",
};

/** A problem that the page itself found; the message is a key of the strings. */
export class PageProblem extends Error {}

/** A problem in words; any other error is a bug and thrown on. */
export function sentence(error) {
  if (error instanceof PageProblem) return t(error.message);
  if (!(error instanceof Problem)) throw error;
  if (error.code === "timeout") return t("problem.timeout");
  if (error.status === 422) return t("problem.asked", { detail: error.detail });
  return t(BY_STATUS[error.status] ?? "problem.server", { id: error.requestId || "–" });
}

/**
 * Shows a problem beside the photo or the shelves, with buttons that lead on.
 * @param {"photo"|"shelves"} place
 * @param {Error} error
 * @param {{words: string, act: () => void}[]} ways `words` is a key of the strings
 */
export function showProblem(place, error, ways) {
  const buttons = ways.map(({ words: key, act }) =>
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
