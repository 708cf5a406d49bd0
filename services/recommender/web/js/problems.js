/** Every problem as a sentence and a way forward. */

import { Problem } from "./api.js";
import { announce, byId, el, icon } from "./dom.js";
import { has, t } from "./i18n.js";

/** The sentence's key by status. */
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

/** A problem of the page itself, named by its key in the strings. */
export class PageProblem extends Error {}

function sentence(error) {
  if (error instanceof PageProblem && has(error.message)) return t(error.message);
  if (!(error instanceof Problem)) throw error;
  if (error.code === "timeout") return t("problem.timeout");
  if (error.status === 422) return t("problem.asked", { detail: error.detail });
  return t(BY_STATUS[error.status] ?? "problem.server", { id: error.requestId || "–" });
}

/**
 * Shows an error in a box of the page, with buttons that lead on.
 * @param {string} boxId
 * @param {Error} error
 * @param {{words: string, act: () => void}[]} ways `words` is a key of the strings
 */
export function showProblem(boxId, error, ways = []) {
  const words = sentence(error);
  const buttons = ways.map(({ words: key, act }) =>
    el("button", { type: "button", class: "secondary", text: t(key), on: { click: act } }),
  );
  const box = byId(boxId);
  box.replaceChildren(icon("alert"), el("p", { text: words }), el("div", { class: "row" }, ...buttons));
  box.hidden = false;
}

/** Takes the box away again. */
export function clearProblem(boxId) {
  const box = byId(boxId);
  box.hidden = true;
  box.replaceChildren();
}

/** Whether an error only says that the person cancelled. */
export function cancelled(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Says what went wrong where there is no box for it. */
export function sayProblem(error) {
  announce(sentence(error));
  return sentence(error);
}
