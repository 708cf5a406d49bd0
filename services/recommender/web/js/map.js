/** Draws the map of valence and arousal: the mood, the aim of the shelves, and each item, which it names on demand. */

import { fetchEmotions, Problem } from "./api.js";
import { byId, svg } from "./dom.js";
import { t } from "./i18n.js";
import { state, subscribe, update } from "./state.js";

/** Half the side of the plane in drawing units; valence and arousal run from -1 to 1. */
const HALF = 100;
const MARGIN = 16;

const x = (valence) => (valence * HALF).toFixed(1);
const y = (arousal) => (-arousal * HALF).toFixed(1);

/** The place of each emotion by the server's numbers; asked for once, with the first shelves. */
let places = null;

export function setUpMap() {
  const picture = byId("map-picture");
  const nameOf = ({ target }) => target.closest(".map-item")?.dataset.item ?? "";
  for (const name of ["pointerover", "focusin"]) {
    picture.addEventListener(name, (event) => update({ pointed: nameOf(event) }));
  }
  picture.addEventListener("pointerleave", () => update({ pointed: "" }));
  picture.addEventListener("click", (event) => goTo(nameOf(event)));
  picture.addEventListener("keydown", onKey);
  subscribe(["recommendation", "medium"], draw);
  subscribe(["pointed"], lightUp);
}

function goTo(name) {
  if (name) document.getElementById(name)?.querySelector("a, button").focus();
}

/** The dots are one tab stop: arrows move from dot to dot, from left to right; Enter goes to the card. */
function onKey(event) {
  const dots = [...byId("map-picture").querySelectorAll(".map-item")];
  const at = dots.indexOf(event.target);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (at < 0) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    goTo(dots[at].dataset.item);
  } else if (step) {
    event.preventDefault();
    const next = dots.at((at + step) % dots.length);
    for (const dot of dots) dot.setAttribute("tabindex", dot === next ? "0" : "-1");
    next.focus();
  }
}

async function loadPlaces() {
  places = new Map();
  try {
    for (const { name, valence, arousal } of await fetchEmotions()) places.set(name, { valence, arousal });
    draw(state);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    places = null; // the mood's mark is missing until the next shelves ask again
  }
}

/** The place of a mood: the mean of the emotions' places, weighted by their probabilities. */
function placeOf({ emotion, probabilities }) {
  if (!places?.size) return null;
  if (!probabilities) return places.get(emotion);
  const place = { valence: 0, arousal: 0 };
  for (const [name, share] of Object.entries(probabilities)) {
    place.valence += share * places.get(name).valence;
    place.arousal += share * places.get(name).arousal;
  }
  return place;
}

function draw({ recommendation, medium }) {
  byId("map").hidden = !recommendation;
  if (!recommendation) return;
  if (!places) loadPlaces();
  const items = recommendation.items
    .filter((item) => medium === "all" || item.medium === medium)
    .sort((a, b) => a.valence - b.valence);
  const { target } = recommendation;
  const mood = placeOf(recommendation);
  const words = { mood: mood ? inWords(mood) : "–", aim: inWords(target), n: items.length };
  const side = 2 * (HALF + MARGIN);
  byId("map-picture").replaceChildren(
    svg(
      "svg",
      {
        viewBox: `${-HALF - MARGIN} ${-HALF - MARGIN} ${side} ${side}`,
        role: "group",
        "aria-label": t("map.summary", words),
      },
      ...axes(),
      ...(mood ? way(mood, target) : []),
      ...items.map(dot),
      ...marks(mood, target),
    ),
  );
}

function axes() {
  const text = (key, attributes) =>
    svg("text", { class: "map-word", "aria-hidden": "true", ...attributes, text: t(key) });
  return [
    svg("rect", { class: "map-plane", x: -HALF, y: -HALF, width: 2 * HALF, height: 2 * HALF, rx: 14 }),
    svg("path", { class: "map-axis", d: `M${-HALF} 0H${HALF}M0 ${-HALF}V${HALF}` }),
    text("map.lively", { x: 0, y: -HALF - 5, "text-anchor": "middle" }),
    text("map.quiet", { x: 0, y: HALF + 12, "text-anchor": "middle" }),
    text("map.unpleasant", { transform: `translate(${-HALF - 6} 0) rotate(-90)`, "text-anchor": "middle" }),
    text("map.pleasant", { transform: `translate(${HALF + 6} 0) rotate(90)`, "text-anchor": "middle" }),
  ];
}

const SHAPES = {
  movie: "M-4 -4h8v8h-8z",
  song: "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0",
  book: "M0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
  game: "M0 -5.5l5.5 9.5h-11z",
};

/** A dot for an item; its shape tells the medium, as its colour does. A wider ring, unseen, is easier to hit. */
function dot(item, index) {
  const at = `translate(${x(item.valence)} ${y(item.arousal)})`;
  const name = nameOf(item);
  const mark = svg(
    "g",
    { class: "map-item", transform: at, role: "button", "aria-label": name, tabindex: index ? -1 : 0 },
    svg("circle", { class: "map-reach", r: 9 }),
    svg("path", { d: SHAPES[item.medium] }),
  );
  mark.dataset.medium = item.medium;
  mark.dataset.item = `item-${item.id}`;
  return mark;
}

const nameOf = (item) => [item.title, item.creator, item.year].filter(Boolean).join(", ");

function way(mood, target) {
  if (areClose(mood, target)) return [];
  const line = `M${x(mood.valence)} ${y(mood.arousal)}L${x(target.valence)} ${y(target.arousal)}`;
  return [svg("path", { class: "map-way", d: line })];
}

/** The mood and the aim; where they lie side by side, one has its name above and the other below. */
function marks(mood, target) {
  const same = mood && areClose(mood, target);
  const near = mood && Math.abs(mood.arousal - target.arousal) < 0.3 && Math.abs(mood.valence - target.valence) < 0.6;
  const [above, below] = [-11, 20];
  const usual = (point) => (point.arousal > 0.7 ? below : above);
  const moodAt = mood && (near ? (mood.arousal >= target.arousal ? above : below) : usual(mood));
  const aimAt = near ? above + below - moodAt : usual(target);
  const mark = (point, name, r, at) =>
    svg(
      "g",
      { class: `map-mark map-${name}`, "aria-hidden": "true" },
      svg("circle", { cx: x(point.valence), cy: y(point.arousal), r }),
      svg("text", {
        x: Math.min(78, Math.max(-78, point.valence * HALF)).toFixed(1),
        y: (-point.arousal * HALF + at).toFixed(1),
        "text-anchor": "middle",
        text: t(`map.${name}`),
      }),
    );
  return [...(mood ? [mark(mood, "mood", 6, moodAt)] : []), ...(same ? [] : [mark(target, "aim", 8, aimAt)])];
}

function areClose(mood, target) {
  return Math.hypot(mood.valence - target.valence, mood.arousal - target.arousal) < 0.08;
}

function inWords({ valence, arousal }) {
  return t("map.place", {
    valence: t(valence >= 0 ? "map.pleasant" : "map.unpleasant"),
    arousal: t(arousal >= 0 ? "map.lively" : "map.quiet"),
  });
}

/** Marks the item that is pointed at, on the map or on its card, and names it beneath. */
function lightUp({ pointed, recommendation }) {
  for (const item of byId("map-picture").querySelectorAll(".map-item")) {
    item.classList.toggle("lit", item.dataset.item === pointed);
  }
  const item = recommendation?.items.find(({ id }) => `item-${id}` === pointed);
  byId("map-name").textContent = item ? nameOf(item) : "";
}
