/**
 * The reading: what inference found in one face, and the panel that shows it.
 *
 * @typedef {{emotion: string, confidence: number, probabilities: Record<string, number>, doubts: string[],
 *   serverMs: number, totalMs?: number, fps?: number}} Reading a photo's has `totalMs`, the camera's has `fps`
 */

import { announce, byId, el, icon, setVars } from "./dom.js";
import { number, percent, t } from "./i18n.js";
import { focusMoods } from "./mood.js";
import { EMOTIONS, state, subscribe, update } from "./state.js";

const ONE_COLUMN = matchMedia("(max-width: 599px)");

const rows = new Map();

/** The index of the face whose emotion a prediction gives as its own. */
export function mainFace({ faces, probabilities }) {
  const isMain = (face) => EMOTIONS.every((name) => face.probabilities[name] === probabilities[name]);
  return Math.max(0, faces.findIndex(isMain));
}

/** Makes one face of a prediction the reading; `timing` is `{totalMs}` or `{fps}`. */
export function readFace({ faces, timings_ms }, index, timing) {
  const { emotion, confidence, probabilities, uncertain_because: doubts = [] } = faces[index];
  update({ reading: { emotion, confidence, probabilities, doubts, serverMs: timings_ms.total, ...timing } });
}

/** Tells a screen reader the reading, in the words of this key. */
export function announceReading(key) {
  const { emotion, confidence } = state.reading;
  announce(t(key, { emotion: t(`emotion.${emotion}`), percent: percent(confidence) }));
}

/** Scrolls to the reading on a phone, where it lies below the fold. */
export function scrollToReading() {
  if (state.reading && ONE_COLUMN.matches) byId("reading").scrollIntoView({ block: "start" });
}

export function setUpReading() {
  for (const emotion of EMOTIONS) {
    const fill = el("span", { class: "bar-fill" });
    const parts = { name: el("span"), value: el("span", { class: "bar-value" }), fill };
    const row = el(
      "li",
      { class: "bar", "data-emotion": emotion },
      el("span", { class: "bar-name" }, icon(emotion), parts.name),
      el("span", { class: "bar-track", "aria-hidden": "true" }, fill),
      parts.value,
    );
    rows.set(emotion, { row, ...parts });
    byId("bars").append(row);
  }
  byId("correct").addEventListener("click", focusMoods);
  subscribe(["reading"], ({ reading }) => draw(reading));
}

function draw(reading) {
  byId("reading").hidden = !reading;
  if (!reading) return;
  const { emotion, probabilities } = reading;
  byId("reading-title").textContent = t(reading.fps === undefined ? "reading.title" : "reading.live");
  drawVerdict(emotion, percent(reading.confidence));
  for (const [name, { row, name: label, value, fill }] of rows) {
    label.textContent = t(`emotion.${name}`);
    value.textContent = percent(probabilities[name]);
    row.classList.toggle("leading", name === emotion);
    setVars(fill, { share: probabilities[name].toFixed(3) });
  }
  const doubt = byId("doubt");
  doubt.hidden = !reading.doubts.length;
  const doubted = reading.doubts.includes("covered") ? "reading.covered" : "reading.uncertain";
  doubt.textContent = t(doubted, { other: t(`emotion.${runnerUp(probabilities, emotion)}`) });
  byId("took").textContent = took(reading);
}

function drawVerdict(emotion, share) {
  const verdict = byId("verdict");
  const words = t("reading.verdict", { emotion: t(`emotion.${emotion}`) });
  const text = `${words} ${share}`;
  if (verdict.textContent === text) return;
  verdict.dataset.emotion = emotion;
  verdict.replaceChildren(
    icon(emotion),
    el("span", { class: "verdict-words", text: words }),
    " ",
    el("span", { class: "verdict-share", text: share }),
  );
}

function took({ serverMs, totalMs, fps }) {
  const server = number(serverMs, serverMs < 10 ? 1 : 0);
  if (fps === undefined) return t("reading.took", { server, total: number(totalMs) });
  return t("reading.live.took", { fps: number(fps), server });
}

function runnerUp(probabilities, emotion) {
  return EMOTIONS.filter((name) => name !== emotion).sort((a, b) => probabilities[b] - probabilities[a])[0];
}
