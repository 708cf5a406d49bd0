/** The mood chosen by hand: six buttons. */

import { byId, el, icon } from "./dom.js";
import { t } from "./i18n.js";
import { EMOTIONS, subscribe } from "./state.js";

/** @param {(emotion: string) => void} onChoose */
export function setUpMoods(onChoose) {
  const buttons = EMOTIONS.map((emotion) => {
    const label = el("span");
    const button = el(
      "button",
      { type: "button", class: "mood", "data-emotion": emotion, on: { click: () => onChoose(emotion) } },
      icon(emotion),
      label,
    );
    return { emotion, button, label };
  });
  byId("moods").append(...buttons.map(({ button }) => button));
  byId("correct").addEventListener("click", focusMoods);
  subscribe(["mood", "reading"], ({ mood, reading }) => {
    byId("mood-title").textContent = t(reading ? "mood.title.correct" : "mood.title");
    for (const { emotion, button, label } of buttons) {
      label.textContent = t(`emotion.${emotion}`);
      button.setAttribute("aria-pressed", String(mood?.kind === "hand" && mood.emotion === emotion));
    }
  });
}

/** Leads to the six buttons, for the eye and for the keyboard. */
export function focusMoods() {
  byId("moods").querySelector("button").focus();
}
