/** What several modules need to know; each subscribes to the parts that it draws. */

import { onLanguage } from "./i18n.js";
import { read, write } from "./store.js";

export const EMOTIONS = ["angry", "fear", "happy", "sad", "surprise", "neutral"];
export const MEDIA = ["movie", "song", "book", "game"];
export const STRATEGIES = ["auto", "match", "lift", "calm"];

export const NO_FILTERS = { genre: [], language: "", decade: "", family: false };

/** Kept over a reload, in this tab alone. */
const KEPT = ["mood", "reading", "strategy", "medium", "filters"];

const listeners = [];

export const state = {
  /** @type {import("./mood.js").Mood|null} */ mood: null,
  /** @type {import("./reading.js").Reading|null} */ reading: null,
  strategy: "auto",
  /** One medium or "all". */ medium: "all",
  /** What shelves and search results are limited to; empty where anything goes. */ filters: NO_FILTERS,
  /** The recommender's answer. */ recommendation: null,
  loading: false,
  /** Whether works about suicide, self-harm and abuse are shown for a dark mood: "leave_out" or "include". */
  sensitive: "leave_out",
  /** Where results of a search, or items like one, are shown: "above" the shelves, below that of a medium, or "". */
  finding: "",
  /** Goes up with each change of what the person said of items. */ opinions: 0,
  /** The id of the card under the pointer or with the focus. */ pointed: "",
};

/** Changes parts of the state and calls their subscribers. */
export function update(patch) {
  Object.assign(state, patch);
  const changed = Object.keys(patch);
  if (changed.some((key) => KEPT.includes(key))) {
    write("session", Object.fromEntries(KEPT.map((key) => [key, state[key]])), "sessionStorage");
  }
  for (const { keys, draw } of listeners) if (changed.some((key) => keys.includes(key))) draw(state);
}

/** Calls `draw` now and after each change of one of `keys`, and when the language changes. */
export function subscribe(keys, draw) {
  listeners.push({ keys, draw });
  onLanguage(() => draw(state));
}

/** Brings back what this tab kept before a reload. */
export function restore() {
  const kept = read("session", "sessionStorage");
  if (!kept) return;
  if (!STRATEGIES.includes(kept.strategy) || !["all", ...MEDIA].includes(kept.medium)) return;
  if (kept.mood && !EMOTIONS.includes(kept.mood.emotion)) return;
  const filters = { ...NO_FILTERS, ...kept.filters };
  filters.genre = [filters.genre].flat().filter(Boolean); // an earlier version kept one word
  update({ ...kept, filters, reading: kept.reading?.fps === undefined ? kept.reading : null }); // the camera is off
}
