/** The card of an item. */

import { cover } from "./cover.js";
import { el, icon, webAddress } from "./dom.js";
import { duration, genre, t } from "./i18n.js";
import { has, noteOpen, toggle } from "./opinions.js";

const ACTIONS = ["like", "dislike", "similar", "seen", "hide", "save"];
const TOGGLES = ["like", "dislike", "save"];
const MOST_GENRES = 3;

/**
 * @param {object} item
 * @param {(item: object) => () => void} onGone takes an item that was hidden or marked as known off its shelf, and
 *   gives the function that puts it back
 * @returns {HTMLLIElement}
 */
export function card(item, onGone) {
  const body = el(
    "div",
    { class: "card-body" },
    el("h4", { class: "card-title" }, title(item)),
    el("p", { class: "card-by", text: [item.creator, item.year].filter(Boolean).join(" · ") }),
    facts(item),
  );
  body.append(el("p", { class: "card-reason" }));
  body.append(...(item.links ?? []).map(furtherLink).filter(Boolean));
  const node = el(
    "li",
    { class: "card", id: `item-${item.id}`, "data-medium": item.medium },
    cover(item),
    body,
    actions(item, onGone),
  );
  drawReason(node, item);
  drawOpinions(node, item);
  return node;
}

/** Shows on a card why its item is recommended. */
export function drawReason(node, { reason }) {
  node.querySelector(".card-reason").textContent = reason ?? "";
}

/** Shows on a card what the person said of the item. */
export function drawOpinions(node, item) {
  for (const action of TOGGLES) {
    node.querySelector(`[data-action="${action}"]`).setAttribute("aria-pressed", String(has(item, action)));
  }
}

function title(item) {
  const address = webAddress(item.url);
  if (!address) return el("span", { text: item.title });
  // The arrow never stands on a line of its own, unless the last word is so long that it must break itself.
  const [, head, tail] = item.title.match(/^(.*?)(\S{0,12})$/su);
  const whole = !head || /\s$/.test(head);
  const last = el("span", { class: whole ? "tail" : "", text: tail });
  last.append(icon("out"), el("span", { class: "visually-hidden", text: ` (${t("item.open")})` }));
  return outward(item, { href: address }, head, last);
}

/** A link out of the page; following it is noted. */
function outward(item, attributes, ...children) {
  const note = () => noteOpen(item);
  const how = { target: "_blank", rel: "noopener noreferrer", on: { click: note, auxclick: note } };
  return el("a", { ...attributes, ...how }, ...children);
}

function furtherLink({ label, url }) {
  const address = webAddress(url);
  return address && el("a", { class: "card-link", href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** Length, age and genres, as far as they are known. */
function facts({ runtime_min: minutes, explicit, age_rating: age, genres = [] }) {
  const chip = (text, kind = "") => el("li", { class: `chip ${kind}`.trim(), text });
  return el(
    "ul",
    { class: "chips" },
    ...(minutes ? [chip(duration(minutes))] : []),
    ...(age ? [chip(age, "mark")] : []),
    ...(explicit ? [chip(t("item.explicit"), "mark")] : []),
    ...genres.slice(0, MOST_GENRES).map((name) => chip(genre(name))),
  );
}

/** The buttons of a card: a toolbar with one tab stop, in which arrow keys move. */
function actions(item, onGone) {
  const buttons = ACTIONS.map((action, index) => {
    const label = t(`item.${action}`);
    const attributes = { type: "button", class: "act", "aria-label": label, title: label, tabindex: index ? -1 : 0 };
    return el("button", { ...attributes, "data-action": action }, icon(action));
  });
  const bar = el(
    "div",
    { class: "acts", role: "toolbar", "aria-label": t("item.actions", { title: item.title }) },
    ...buttons,
  );
  bar.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    const action = button?.dataset.action;
    if (!action || bar.hasAttribute("aria-busy")) return;
    if (action === "similar") {
      button.dispatchEvent(new CustomEvent("similar", { bubbles: true, detail: item }));
      return;
    }
    bar.setAttribute("aria-busy", "true");
    let putBack;
    const leaves = !TOGGLES.includes(action);
    const done = await toggle(item, action, () => putBack?.());
    bar.removeAttribute("aria-busy");
    if (done && leaves && has(item, action)) putBack = onGone(item);
  });
  bar.addEventListener("keydown", (event) => rove(event, buttons));
  return bar;
}

function rove(event, buttons) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length);
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
}
