/**
 * What the page knows just now, in one place; views subscribe to the parts they draw.
 *
 * @typedef {{kind: "face"|"hand"|"live", emotion: string, probabilities: Record<string, number>|null}} Mood
 * @typedef {{emotion: string, confidence: number, probabilities: Record<string, number>, uncertain: boolean,
 *   serverMs: number, totalMs: number}} Reading
 */

import { read, write } from "./store.js";

export const EMOTIONS = ["angry", "fear", "happy", "sad", "surprise", "neutral"];
export const MEDIA = ["movie", "song", "book", "game"];
export const STRATEGIES = ["auto", "match", "lift", "calm"];

/** Kept over a reload, in this tab alone. The photo is not among them. */
const KEPT = ["mood", "reading", "strategy", "medium"];

const listeners = [];

export const state = {
  /** @type {Mood|null} */ mood: null,
  /** @type {Reading|null} */ reading: null,
  strategy: "auto",
  /** One medium or "all". */ medium: "all",
  /** Inference's answer for the photo on the page. */ prediction: null,
  /** Index into prediction.faces. */ face: 0,
  /** The recommender's answer. */ recommendation: null,
  loading: false,
};

/** Changes parts of the state and tells whoever draws them. */
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
  document.addEventListener("language", () => draw(state));
  draw(state);
}

/** Takes up what this tab knew before a reload. */
export function restore() {
  const kept = read("session", "sessionStorage");
  if (!kept) return;
  if (!STRATEGIES.includes(kept.strategy) || !["all", ...MEDIA].includes(kept.medium)) return;
  if (kept.mood && !EMOTIONS.includes(kept.mood.emotion)) return;
  update(kept);
}
