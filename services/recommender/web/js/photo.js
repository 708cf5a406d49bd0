/** The photo: prepares it, shows it, sends it and passes the answer on. */

import { recommendPhoto } from "./api.js";
import { announce, byId } from "./dom.js";
import { percent, t } from "./i18n.js";
import { CHOOSE_MOOD, moodOf } from "./mood.js";
import { cancelled, clearProblem, PageProblem, retry, showProblem } from "./problems.js";
import { announceReading, mainFace, readFace, scrollToReading } from "./reading.js";
import { acceptRecommendation, commonOptions, recommendFor } from "./recommending.js";
import { prepare } from "./shrink.js";
import { clearStage, drawFaces, putPhoto, setBusy, setNote } from "./stage.js";
import { update } from "./state.js";
import { CHOOSE_PHOTO, focusChoose } from "./ways.js";

/** The photo as it will be sent. @type {Blob|null} */
let photo = null;
let running = null;
/** Goes up with each `clearPhoto`: a photo that was still being prepared is then dropped. */
let turn = 0;

export function setUpPhoto() {
  byId("predict").addEventListener("click", predict);
  byId("cancel").addEventListener("click", () => running?.abort());
  byId("clear").addEventListener("click", () => {
    clearPhoto();
    focusChoose();
  });
}

/** Puts a photo on the page; nothing is sent yet. */
export async function showPhoto(file) {
  clearPhoto();
  const mine = turn;
  const { blob, shown, scaled } = await prepare(file);
  if (mine !== turn) return;
  photo = blob;
  await putPhoto(shown ? blob : null);
  if (mine !== turn) return;
  if (!shown) setNote("photo.nopreview");
  else if (scaled) setNote("photo.scaled", scaled);
  showButtons(true);
  announce(t("photo.ready"));
  byId("predict").focus();
}

/** Takes the photo and its reading off the page, and stops sending it. */
export function clearPhoto() {
  turn++;
  running?.abort();
  photo = null;
  clearProblem("photo");
  clearStage();
  showButtons(false);
  update({ reading: null });
}

/** Says, after a reload, why the photo is no longer there. */
export function sayPhotoGone() {
  setNote("photo.gone");
  announce(t("photo.gone"));
}

/** Shows what went wrong with a photo, and the ways on. */
export function showPhotoProblem(error) {
  const passing = [0, 429].includes(error.status) || error.status >= 500;
  showProblem("photo", error, [passing && photo ? retry(predict) : CHOOSE_PHOTO, CHOOSE_MOOD]);
}

async function predict() {
  if (!photo || running) return;
  const started = performance.now();
  running = new AbortController();
  clearProblem("photo");
  showSending(true);
  try {
    const answer = await recommendPhoto(photo, commonOptions(), { onProgress: drawProgress, signal: running.signal });
    showAnswer(answer, performance.now() - started);
  } catch (error) {
    if (cancelled(error)) {
      announce(t("photo.cancelled"));
      byId("predict").focus();
    } else showPhotoProblem(error);
  } finally {
    running = null;
    showSending(false);
  }
  scrollToReading();
}

function showAnswer({ prediction, recommendation }, totalMs) {
  const { faces } = prediction;
  const main = mainFace(prediction);
  const choose = (index) => {
    drawFaces(prediction, { chosen: index, onChoose });
    if (recommendation) readFace(prediction, index, { totalMs });
  };
  const onChoose = (index) => {
    choose(index);
    recommendFor(moodOf(faces[index]));
  };
  choose(main);
  if (faces.length > 1) setNote("faces.choose", { n: faces.length });
  else setNote();
  if (recommendation) {
    acceptRecommendation(recommendation, moodOf(faces[main]));
    announceReading("reading.announce");
  } else {
    update({ reading: null });
    showPhotoProblem(new PageProblem("problem.noface"));
  }
}

function showButtons(on) {
  for (const id of ["predict", "clear"]) byId(id).hidden = !on;
}

function showSending(on) {
  byId("upload").hidden = !on;
  // Not "disabled", which would drop the keyboard's place.
  byId("predict").setAttribute("aria-disabled", String(on));
  setBusy(on);
  if (on) drawProgress(0);
}

function drawProgress(share) {
  const bar = byId("upload-progress");
  if (share < 1) bar.value = share;
  else bar.removeAttribute("value"); // all sent; how long the server takes is not known
  byId("upload-text").textContent = share < 1 ? t("photo.sending", { percent: percent(share) }) : t("photo.reading");
}
