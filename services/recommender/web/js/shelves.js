/** The shelves: their heading, the switches above them, and one row of cards per medium. */

import { card } from "./card.js";
import { announce, byId, el, icon } from "./dom.js";
import { onLanguage, t } from "./i18n.js";
import { addMore, chooseStrategy, replaceItem } from "./recommending.js";
import { MEDIA, STRATEGIES, state, subscribe, update } from "./state.js";

/** @type {Map<number, HTMLElement>} */
const cards = new Map();
/** @type {Map<string, {section: HTMLElement, list: HTMLElement}>} */
const shelves = new Map();

export function setUpShelves() {
  onLanguage(() => {
    cards.clear();
    shelves.clear();
  });
  const list = byId("shelf-list");
  const point = ({ target }) => update({ pointed: target.closest(".card")?.id ?? "" });
  for (const name of ["pointerover", "focusin"]) list.addEventListener(name, point);
  for (const name of ["pointerleave", "focusout"]) list.addEventListener(name, () => update({ pointed: "" }));
  subscribe(["mood", "recommendation", "loading", "strategy"], drawHead);
  subscribe(["strategy"], ({ strategy }) => {
    drawSwitch("strategy", STRATEGIES, "strategy", strategy, chooseStrategy);
  });
  subscribe(["medium"], ({ medium }) => {
    drawSwitch("media", ["all", ...MEDIA], "media", medium, (chosen) => update({ medium: chosen }));
  });
  subscribe(["recommendation", "loading", "medium"], drawShelves);
}

function drawHead({ mood, recommendation, loading }) {
  byId("shelves-title").textContent = mood
    ? t("shelves.title.mood", { emotion: t(`emotion.${mood.emotion}`) })
    : t("shelves.title");
  byId("controls").hidden = !mood;
  byId("steps").hidden = Boolean(mood);
  const note = byId("shelves-note");
  if (loading) note.textContent = t("shelves.loading");
  else if (recommendation) note.textContent = t(`shelves.note.${recommendation.strategy}`);
  else note.textContent = mood ? "" : t("shelves.empty");
}

/** A row of radio buttons, which arrow keys and screen readers can use. */
function drawSwitch(id, values, words, chosen, onChoose) {
  const fieldset = byId(id);
  let inputs = Array.from(fieldset.querySelectorAll("input"));
  if (!inputs.length) {
    for (const value of values) {
      const input = el("input", { type: "radio", name: id, value, on: { change: () => onChoose(value) } });
      fieldset.append(el("label", {}, input, el("span")));
    }
    inputs = Array.from(fieldset.querySelectorAll("input"));
  }
  for (const input of inputs) {
    input.checked = input.value === chosen;
    input.nextElementSibling.textContent = t(`${words}.${input.value}`);
  }
}

function drawShelves({ recommendation, loading, medium }) {
  const list = byId("shelf-list");
  list.setAttribute("aria-busy", String(loading));
  if (!recommendation) {
    list.replaceChildren(...(loading ? MEDIA.map(skeleton) : []));
    shelves.clear();
    cards.clear();
    return;
  }
  const wanted = medium === "all" ? MEDIA : [medium];
  const drawn = wanted.map((name) => drawShelf(name, itemsOf(name)));
  list.classList.toggle("single", medium !== "all");
  list.replaceChildren(...drawn);
  forgetCards(recommendation.items);
}

/** The recommended items of one medium. */
function itemsOf(name) {
  return state.recommendation.items.filter(({ medium }) => medium === name);
}

function drawShelf(medium, items) {
  if (!shelves.has(medium)) shelves.set(medium, emptyShelf(medium));
  const { section, list } = shelves.get(medium);
  for (const item of items) if (!cards.has(item.id)) cards.set(item.id, card(item, onGone));
  const children = items.map((item) => cards.get(item.id));
  list.replaceChildren(...(children.length ? children : [el("li", { class: "none", text: t("shelves.none") })]));
  return section;
}

function emptyShelf(medium) {
  const list = el("ul", { class: "cards" });
  const more = el(
    "button",
    { type: "button", class: "quiet more", on: { click: () => onMore(medium, more) } },
    icon("more"),
    t("shelves.more", { medium: t(`medium.${medium}`) }),
  );
  const head = el("header", { class: "shelf-head" }, icon(medium), el("h3", { text: t(`media.${medium}`) }), more);
  return { section: el("section", { class: "shelf", "data-medium": medium }, head, list), list };
}

async function onMore(medium, button) {
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  const items = await addMore(medium);
  button.ariaDisabled = "false";
  if (items.length) {
    announce(t("shelves.more.done", { n: items.length }));
    focusCard(items[0].id);
  } else {
    announce(t("shelves.none"));
  }
}

/** Replaces an item and moves the focus to the one that is now in its place. */
async function onGone(item) {
  const place = itemsOf(item.medium).findIndex(({ id }) => id === item.id);
  await replaceItem(item);
  const rest = itemsOf(item.medium);
  const next = rest[Math.min(place, rest.length - 1)];
  if (next) focusCard(next.id);
}

function focusCard(id) {
  cards.get(id)?.querySelector("a, button")?.focus();
}

function forgetCards(items) {
  const ids = new Set(items.map(({ id }) => id));
  for (const id of cards.keys()) if (!ids.has(id)) cards.delete(id);
}

function skeleton(medium) {
  const blanks = Array.from({ length: 4 }, () => el("li", { class: "card blank" }));
  return el(
    "section",
    { class: "shelf", "aria-hidden": "true", "data-medium": medium },
    el("ul", { class: "cards" }, ...blanks),
  );
}
