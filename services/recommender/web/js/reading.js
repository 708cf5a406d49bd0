/** What a face shows: the verdict, six bars with numbers, an honest word when unsure, and how long it took. */

import { byId, el, icon, setVars } from "./dom.js";
import { number, percent, t } from "./i18n.js";
import { EMOTIONS, subscribe } from "./state.js";

const rows = new Map();

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
  subscribe(["reading"], ({ reading }) => draw(reading));
}

function draw(reading) {
  byId("reading").hidden = !reading;
  if (!reading) return;
  const { emotion, probabilities } = reading;
  byId("reading-title").textContent = t(reading.fps === undefined ? "reading.title" : "reading.live");
  drawVerdict(emotion, reading.confidence);
  for (const [name, { row, name: label, value, fill }] of rows) {
    label.textContent = t(`emotion.${name}`);
    value.textContent = percent(probabilities[name]);
    row.classList.toggle("leading", name === emotion);
    setVars(fill, { share: probabilities[name].toFixed(3) });
  }
  const doubt = byId("doubt");
  doubt.hidden = !reading.uncertain;
  doubt.textContent = t("reading.uncertain", { other: t(`emotion.${runnerUp(probabilities, emotion)}`) });
  byId("took").textContent = took(reading);
}

function drawVerdict(emotion, confidence) {
  const verdict = byId("verdict");
  const words = t("reading.verdict", { emotion: t(`emotion.${emotion}`) });
  const text = `${words} ${percent(confidence)}`;
  if (verdict.dataset.drawn === text) return;
  Object.assign(verdict.dataset, { emotion, drawn: text });
  verdict.replaceChildren(
    icon(emotion),
    el("span", { class: "verdict-words", text: words }),
    " ",
    el("span", { class: "verdict-share", text: percent(confidence) }),
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
