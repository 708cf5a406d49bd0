/**
 * The reading: what inference found in one face, and the panel that shows it.
 *
 * @typedef {{emotion: string|null, confidence: number, probabilities: Record<string, number>, doubts: string[],
 *   serverMs: number, totalMs?: number, fps?: number, together?: boolean}} Reading a photo's has `totalMs`, the
 *   camera's has `fps`; `together` is of all faces in a photo; `emotion` is null while nobody is before the camera
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

/** Makes one face of a prediction the reading; it took `totalMs`, or is one of `fps` a second. */
export function readFace({ faces, timings_ms }, index, { totalMs, fps }) {
  const { emotion, confidence, probabilities, uncertain_because: doubts = [] } = faces[index];
  update({ reading: { emotion, confidence, probabilities, doubts, serverMs: timings_ms.total, totalMs, fps } });
}

/** One mood for all faces: the mean of those that are not uncertain, or of all if all are. */
export function together({ faces }) {
  const sure = faces.filter(({ uncertain }) => !uncertain);
  const counted = sure.length ? sure : faces;
  const mean = (name) => counted.reduce((sum, face) => sum + face.probabilities[name], 0) / counted.length;
  const probabilities = Object.fromEntries(EMOTIONS.map((name) => [name, mean(name)]));
  const emotion = EMOTIONS.reduce((best, name) => (probabilities[name] > probabilities[best] ? name : best));
  return { emotion, probabilities, sure: sure.length > 0 };
}

/** Makes the mood of all faces together the reading. */
export function readTogether({ timings_ms }, { emotion, probabilities, sure }, { totalMs }) {
  const confidence = probabilities[emotion];
  const doubts = sure ? [] : ["confidence"];
  const reading = { emotion, confidence, probabilities, doubts, serverMs: timings_ms.total, totalMs };
  update({ reading: { ...reading, together: true } });
}

/** Says that nobody is before the camera: the bars are empty. */
export function readNobody() {
  const probabilities = Object.fromEntries(EMOTIONS.map((name) => [name, 0]));
  update({ reading: { emotion: null, confidence: 0, probabilities, doubts: [], serverMs: 0, fps: 0 } });
}

/** Tells a screen reader the reading, in the words of this key. */
export function announceReading(key) {
  const { emotion, confidence } = state.reading;
  announce(t(key, { emotion: t(`emotion.${emotion}`), percent: percent(confidence) }));
}

/** Moves the focus to the reading's heading. */
export function focusReading() {
  byId("reading-title").focus({ preventScroll: true });
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
  byId("reading-title").textContent = t(titleOf(reading));
  byId("verdict").hidden = byId("took").hidden = byId("correct").hidden = !emotion;
  if (emotion) drawVerdict(emotion, percent(reading.confidence));
  for (const [name, { row, name: label, value, fill }] of rows) {
    label.textContent = t(`emotion.${name}`);
    value.textContent = emotion ? percent(probabilities[name]) : "–";
    row.classList.toggle("leading", name === emotion);
    setVars(fill, { share: probabilities[name].toFixed(3) });
  }
  const doubt = byId("doubt");
  doubt.hidden = !reading.doubts.length;
  const doubted = reading.doubts.includes("covered") ? "reading.covered" : "reading.uncertain";
  doubt.textContent = t(doubted, { other: t(`emotion.${runnerUp(probabilities, emotion)}`) });
  byId("took").textContent = took(reading);
}

function titleOf({ emotion, fps, together }) {
  if (!emotion) return "reading.nobody";
  if (together) return "reading.together";
  return fps === undefined ? "reading.title" : "reading.live";
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
