/** Draws the map of valence and arousal: the mood, the aim of the shelves, and each item. */

import { fetchEmotions, Problem } from "./api.js";
import { byId, svg } from "./dom.js";
import { t } from "./i18n.js";
import { state, subscribe } from "./state.js";

/** Half the side of the plane in drawing units; valence and arousal run from -1 to 1. */
const HALF = 100;
const MARGIN = 16;

const x = (valence) => (valence * HALF).toFixed(1);
const y = (arousal) => (-arousal * HALF).toFixed(1);

/** The place of each emotion by the server's numbers; asked for once, with the first shelves. */
let places = null;

export function setUpMap() {
  subscribe(["recommendation", "medium"], draw);
  subscribe(["pointed"], lightUp);
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
  const items = recommendation.items.filter((item) => medium === "all" || item.medium === medium);
  const { target } = recommendation;
  const mood = placeOf(recommendation);
  const words = { mood: mood ? inWords(mood) : "–", aim: inWords(target), n: items.length };
  const side = 2 * (HALF + MARGIN);
  byId("map-picture").replaceChildren(
    svg(
      "svg",
      {
        viewBox: `${-HALF - MARGIN} ${-HALF - MARGIN} ${side} ${side}`,
        role: "img",
        "aria-label": t("map.summary", words),
      },
      ...axes(),
      ...items.map(dot),
      ...(mood ? way(mood, target) : []),
      ...marks(mood, target),
    ),
  );
}

function axes() {
  const text = (key, attributes) => svg("text", { class: "map-word", ...attributes, text: t(key) });
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

/** A dot for an item; its shape tells the medium, as its colour does. */
function dot(item) {
  const at = `translate(${x(item.valence)} ${y(item.arousal)})`;
  const shape = svg("path", { d: SHAPES[item.medium], transform: at, class: "map-item" });
  shape.dataset.medium = item.medium;
  shape.dataset.item = `item-${item.id}`;
  shape.append(svg("title", { text: item.title }));
  return shape;
}

function way(mood, target) {
  if (areClose(mood, target)) return [];
  const line = `M${x(mood.valence)} ${y(mood.arousal)}L${x(target.valence)} ${y(target.arousal)}`;
  return [svg("path", { class: "map-way", d: line })];
}

function marks(mood, target) {
  const mark = (point, name, r) =>
    svg(
      "g",
      { class: `map-mark map-${name}`, transform: `translate(${x(point.valence)} ${y(point.arousal)})` },
      svg("circle", { r }),
      svg("text", { y: point.arousal > 0.7 ? 20 : -11, "text-anchor": "middle", text: t(`map.${name}`) }),
    );
  const same = mood && areClose(mood, target);
  return [...(mood ? [mark(mood, "mood", 6)] : []), ...(same ? [] : [mark(target, "aim", 8)])];
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

function lightUp({ pointed }) {
  for (const item of byId("map-picture").querySelectorAll(".map-item")) {
    item.classList.toggle("lit", item.dataset.item === pointed);
  }
}
