/** The shelves: their heading, the switches above them, and one row of cards per medium. */

import { coversSwitch } from "./cover.js";
import { announce, byId, el, icon } from "./dom.js";
import { emptyWords } from "./filters.js";
import { resultsPanel } from "./find.js";
import { onLanguage, t } from "./i18n.js";
import { addMore, chooseStrategy, insertItem, recommendFor, removeItem } from "./recommending.js";
import { makeShelf } from "./shelf.js";
import { MEDIA, STRATEGIES, state, subscribe, update } from "./state.js";

/** The shelves by medium. */
const shelves = new Map();

export function setUpShelves() {
  onLanguage(() => shelves.clear());
  const list = byId("shelf-list");
  const point = ({ target }) => update({ pointed: target.closest(".card")?.id ?? "" });
  for (const name of ["pointerover", "focusin"]) list.addEventListener(name, point);
  for (const name of ["pointerleave", "focusout"]) list.addEventListener(name, () => update({ pointed: "" }));
  byId("sensitive").addEventListener("click", () => {
    update({ sensitive: state.sensitive === "include" ? "leave_out" : "include" });
    recommendFor(state.mood);
  });
  subscribe(["mood", "recommendation", "loading", "strategy", "finding"], drawHead);
  subscribe(["strategy"], ({ strategy }) => {
    drawSwitch("strategy", STRATEGIES, "strategy", strategy, chooseStrategy);
  });
  subscribe(["medium"], ({ medium }) => {
    drawSwitch("media", ["all", ...MEDIA], "media", medium, (chosen) => update({ medium: chosen }));
  });
  subscribe(["recommendation", "loading", "medium", "finding"], drawShelves);
  subscribe(["opinions"], () => {
    for (const shelf of shelves.values()) shelf.drawOpinions();
  });
}

/** Makes all cards anew. */
export function redrawShelves() {
  shelves.clear();
  drawShelves(state);
}

function drawHead({ mood, recommendation, loading, sensitive, finding }) {
  byId("shelves-title").textContent = title(mood, recommendation, loading);
  byId("controls").hidden = !(mood || finding);
  for (const id of ["strategy", "media", "share"]) byId(id).hidden = !mood;
  byId("steps").hidden = Boolean(mood);
  byId("shelves-note").textContent = note(mood, recommendation, loading);
  if (!loading) drawCare(recommendation?.left_out ?? 0, sensitive === "include");
}

/** Says what the answer on the page holds back; until the next one the button stays, and the focus with it. */
function drawCare(leftOut, included) {
  byId("care").hidden = !(leftOut || included);
  byId("care-words").textContent = included ? t("care.included") : t("care.left", { n: leftOut });
  byId("sensitive").textContent = t(included ? "care.leave" : "care.show");
}

function title(mood, recommendation, loading) {
  if (!mood) return t("shelves.title");
  if (!loading && recommendation?.clear === false) return t("shelves.title.unclear");
  return t("shelves.title.mood", { emotion: t(`emotion.${mood.emotion}`) });
}

function note(mood, recommendation, loading) {
  if (loading) return t("shelves.loading");
  if (!recommendation) return mood ? "" : t("shelves.empty");
  return t(recommendation.clear === false ? "shelves.note.unclear" : `shelves.note.${recommendation.strategy}`);
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

function drawShelves({ recommendation, loading, medium, finding }) {
  const list = byId("shelf-list");
  const found = resultsPanel();
  list.setAttribute("aria-busy", String(loading));
  const wanted = medium === "all" ? MEDIA : [medium];
  const below = recommendation && wanted.includes(finding);
  if (!below && list.contains(found)) coversSwitch().before(found);
  if (!recommendation) {
    list.replaceChildren(...(loading ? MEDIA.map(skeleton) : []));
    shelves.clear();
    return;
  }
  list.classList.toggle("single", medium !== "all");
  const sections = wanted.flatMap((name) => {
    if (!shelves.has(name)) shelves.set(name, emptyShelf(name));
    return [shelves.get(name).section, ...(name === finding ? [found] : [])];
  });
  // What is there already stays in place, so that it keeps its scroll position.
  if (sections.length !== list.children.length || sections.some((one, i) => list.children[i] !== one)) {
    list.replaceChildren(...sections);
  }
  for (const name of wanted) shelves.get(name).fill(itemsOf(name), emptyWords(t("shelves.none"), name));
}

/** The recommended items of one medium. */
function itemsOf(name) {
  return state.recommendation.items.filter(({ medium }) => medium === name);
}

function emptyShelf(medium) {
  const more = el(
    "button",
    { type: "button", class: "quiet more", on: { click: () => onMore(medium, more) } },
    icon("more"),
    t("shelves.more", { medium: t(`medium.${medium}`) }),
  );
  const head = [icon(medium), el("h3", { text: t(`media.${medium}`) }), more];
  return makeShelf(head, onGone, { "data-medium": medium });
}

async function onMore(medium, button) {
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  const items = await addMore(medium);
  button.ariaDisabled = "false";
  if (items.length) {
    announce(t("shelves.more.done", { n: items.length }));
    shelves.get(medium).focus(items[0].id);
  } else {
    announce(t("shelves.none"));
  }
}

/** Takes an item off its shelf, and moves the focus to the one that is then in its place. */
function onGone(item) {
  const own = itemsOf(item.medium);
  const place = own.findIndex(({ id }) => id === item.id);
  removeItem(item);
  addMore(item.medium, 1).then(() => {
    const rest = itemsOf(item.medium);
    const next = rest[Math.min(place, rest.length - 1)];
    if (next && document.activeElement === document.body) shelves.get(item.medium).focus(next.id);
  });
  return () => {
    insertItem(own[place], place);
    shelves.get(item.medium)?.focus(item.id);
  };
}

function skeleton(medium) {
  const blanks = Array.from({ length: 4 }, () => el("li", { class: "card blank" }));
  return el(
    "section",
    { class: "shelf", "aria-hidden": "true", "data-medium": medium },
    el("ul", { class: "cards" }, ...blanks),
  );
}
