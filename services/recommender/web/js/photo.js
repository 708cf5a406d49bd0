/** The photo's flow: prepare, preview, send, show the faces, hand the mood on. */

import { recommendPhoto } from "./api.js";
import { announce, byId } from "./dom.js";
import { clearFaces, drawFaces, mainFace } from "./faces.js";
import { percent, t } from "./i18n.js";
import { focusMoods } from "./moods.js";
import { PageProblem, cancelled, clearProblem, showProblem } from "./problems.js";
import { accept, commonOptions, recommendFor } from "./recommending.js";
import { prepare } from "./shrink.js";
import { state, subscribe, update } from "./state.js";

const BOX = "photo-problem";

const ONE_COLUMN = matchMedia("(max-width: 599px)");

/** The photo as it will be sent, or null. @type {Blob|null} */
let photo = null;
let note = () => "";
let running = null;
/** Raised with each new photo: an older one that is still being prepared then gives up. */
let turn = 0;

export function setUpPhoto() {
  byId("predict").addEventListener("click", predict);
  byId("cancel").addEventListener("click", () => running?.abort());
  byId("clear").addEventListener("click", () => {
    clearPhoto();
    update({ prediction: null, reading: null });
    byId("choose").focus();
  });
  subscribe(["prediction", "face"], drawPrediction);
  document.addEventListener("language", () => setNote(note));
}

/** Puts a photo on the page; nothing is sent yet. */
export async function showPhoto(file) {
  const mine = ++turn;
  clearPhoto();
  update({ prediction: null, reading: null });
  const prepared = await prepare(file);
  if (mine !== turn) return;
  photo = prepared.blob;
  byId("stage").dataset.state = "photo";
  if (prepared.shown) await showPreview(photo);
  else byId("stage").dataset.state = "blind";
  setNote(() => {
    if (!prepared.shown) return t("photo.nopreview");
    return prepared.scaled ? t("photo.scaled", prepared.scaled) : "";
  });
  for (const id of ["predict", "clear"]) byId(id).hidden = false;
  announce(t("photo.ready"));
  byId("predict").focus();
}

/** Takes the photo off the page, whatever is going on with it. */
export function clearPhoto() {
  running?.abort();
  photo = null;
  clearProblem(BOX);
  clearFaces();
  setNote(() => "");
  const preview = byId("preview");
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.removeAttribute("src");
  preview.hidden = true;
  byId("stage").dataset.state = "empty";
  for (const id of ["predict", "clear"]) byId(id).hidden = true;
}

/** Says, after a reload, why the photo is no longer there. */
export function sayPhotoGone() {
  setNote(() => t("photo.gone"));
  announce(t("photo.gone"));
}

/** Shows what went wrong with a photo, and the ways on. */
export function showPhotoProblem(error) {
  showProblem(BOX, error, ways(error));
}

function ways(error) {
  const other = { words: "way.photo", act: () => byId("choose").click() };
  const mood = { words: "way.mood", act: focusMoods };
  const passing = [0, 429, 502, 503, 504].includes(error.status) || error.status >= 500;
  return passing && photo ? [{ words: "retry", act: predict }, mood] : [other, mood];
}

async function showPreview(blob) {
  const preview = byId("preview");
  preview.src = URL.createObjectURL(blob);
  preview.alt = t("photo.alt");
  preview.hidden = false;
  await preview.decode().catch(() => {}); // replaced meanwhile
}

async function predict() {
  if (!photo || running) return;
  const started = performance.now();
  running = new AbortController();
  clearProblem(BOX);
  showSending(true);
  try {
    const how = { onProgress: drawProgress, signal: running.signal };
    const answer = await recommendPhoto(photo, commonOptions(), how);
    takeUp(answer, performance.now() - started);
  } catch (error) {
    if (cancelled(error)) {
      announce(t("photo.cancelled"));
      byId("predict").focus();
    } else showPhotoProblem(error);
  } finally {
    running = null;
    showSending(false);
  }
  // On a phone the answer lies below the fold.
  if (state.reading && ONE_COLUMN.matches) byId("reading").scrollIntoView({ block: "start" });
}

function takeUp({ prediction, recommendation }, totalMs) {
  const face = prediction.faces.length ? mainFace(prediction.faces) : 0;
  update({ prediction: { ...prediction, totalMs }, face });
  if (!prediction.faces.length || !recommendation) {
    update({ reading: null });
    showPhotoProblem(new PageProblem("problem.noface"));
    return;
  }
  read(face);
  accept(recommendation, moodOf(prediction.faces[face]));
  const { emotion, confidence } = prediction.faces[face];
  announce(t("reading.announce", { emotion: t(`emotion.${emotion}`), percent: percent(confidence) }));
}

/** Makes one face's expression the reading that the bars show. */
function read(index) {
  const { faces, timings_ms: { total }, totalMs } = state.prediction;
  const { emotion, confidence, probabilities, uncertain } = faces[index];
  update({ face: index, reading: { emotion, confidence, probabilities, uncertain, serverMs: total, totalMs } });
}

function chooseFace(index) {
  read(index);
  recommendFor(moodOf(state.prediction.faces[index]));
}

const moodOf = ({ emotion, probabilities }) => ({ kind: "face", emotion, probabilities });

function drawPrediction({ prediction, face }) {
  if (!prediction || !photo) return;
  drawFaces(prediction, { chosen: face, onChoose: chooseFace });
  const count = prediction.faces.length;
  setNote(() => (count > 1 ? t("faces.choose", { n: count }) : ""));
}

function setNote(words) {
  note = words;
  const text = words();
  byId("stage-note").textContent = text;
  byId("stage-note").hidden = !text;
}

function showSending(on) {
  byId("upload").hidden = !on;
  // Not "disabled", which would drop the keyboard's place.
  byId("predict").setAttribute("aria-disabled", String(on));
  byId("stage").setAttribute("aria-busy", String(on));
  if (on) drawProgress(0);
}

function drawProgress(share) {
  const bar = byId("upload-progress");
  if (share < 1) bar.value = share;
  else bar.removeAttribute("value"); // sent: now the server works, nobody knows how long
  byId("upload-text").textContent = share < 1 ? t("photo.sending", { percent: percent(share) }) : t("photo.reading");
}
