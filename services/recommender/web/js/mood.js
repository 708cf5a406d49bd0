/**
 * The mood that is recommended for, and the six buttons that choose it by hand.
 *
 * @typedef {{emotion: string, probabilities: Record<string, number>|null, sure?: boolean}} Mood `probabilities` is null if
 *   chosen by hand; `sure` is false if it was read from faces that are all uncertain
 */

import { byId, el, icon } from "./dom.js";
import { t } from "./i18n.js";
import { EMOTIONS, subscribe } from "./state.js";

/** The mood that a face or a reading shows. */
export const moodOf = ({ emotion, probabilities }) => ({ emotion, probabilities });

/** A mood as `POST /recommend` takes it. */
export const moodOptions = ({ emotion, probabilities }) => (probabilities ? { probabilities } : { emotion });

/** @param {(mood: Mood) => void} onChoose */
export function setUpMoods(onChoose) {
  const buttons = EMOTIONS.map((emotion) => {
    const choose = () => onChoose({ emotion, probabilities: null });
    const label = el("span");
    const attributes = { type: "button", class: "mood", "data-emotion": emotion, on: { click: choose } };
    return { emotion, label, button: el("button", attributes, icon(emotion), label) };
  });
  byId("moods").append(...buttons.map(({ button }) => button));
  subscribe(["mood", "reading"], ({ mood, reading }) => {
    byId("mood-title").textContent = t(reading ? "mood.title.correct" : "mood.title");
    for (const { emotion, button, label } of buttons) {
      label.textContent = t(`emotion.${emotion}`);
      button.setAttribute("aria-pressed", String(mood?.emotion === emotion && !mood.probabilities));
    }
  });
}

/** Moves the focus to the six buttons, which scrolls them into view. */
export function focusMoods() {
  byId("moods").querySelector("button").focus();
}

/** A way on after a problem. */
export const CHOOSE_MOOD = { words: "way.mood", act: focusMoods };
