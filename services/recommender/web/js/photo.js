/** The photo: prepares it, shows it, sends it and passes the answer on. */

import { recommendPhoto } from "./api.js";
import { announce, byId } from "./dom.js";
import { percent, t } from "./i18n.js";
import { CHOOSE_MOOD, moodOf } from "./mood.js";
import { cancelled, clearProblem, PageProblem, retry, showProblem } from "./problems.js";
import {
  announceReading,
  focusReading,
  mainFace,
  readFace,
  readTogether,
  scrollToReading,
  together,
} from "./reading.js";
import { acceptRecommendation, commonOptions, recommendFor } from "./recommending.js";
import { prepare, redraw } from "./shrink.js";
import { clearStage, drawFaces, putPhoto, setBusy, setNote } from "./stage.js";
import { update } from "./state.js";
import { CHOOSE_PHOTO, focusChoose } from "./ways.js";

/** The photo as it will be sent. @type {Blob|null} */
let photo = null;
/** Whether this browser shows it. */
let shown = false;
let running = null;
/** The answer to the photo, with `totalMs`. */
let read = null;
/** Goes up with each `clearPhoto`: a photo that was still being prepared is then dropped. */
let turn = 0;

export function setUpPhoto() {
  byId("predict").addEventListener("click", predict);
  byId("everyone").addEventListener("click", chooseEveryone);
  byId("cancel").addEventListener("click", () => running?.abort());
  byId("clear").addEventListener("click", () => {
    clearPhoto();
    focusChoose();
  });
}

/** Puts a photo on the page; nothing is sent yet. @returns {Promise<boolean>} false if another one came meanwhile */
export async function showPhoto(file) {
  clearPhoto();
  const mine = turn;
  const prepared = await prepare(file);
  if (mine !== turn) return false;
  photo = prepared.blob;
  shown = prepared.shown;
  await putPhoto(shown ? photo : null);
  if (mine !== turn) return false;
  if (!shown) setNote("photo.nopreview");
  else if (prepared.scaled) setNote("photo.scaled", prepared.scaled);
  showButtons(true);
  announce(t("photo.ready"));
  byId("predict").focus();
  return true;
}

/** Puts a photo on the page and sends it at once. */
export async function readPhoto(file) {
  if (await showPhoto(file)) await predict();
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
  const blind = photo && !shown;
  if (blind && !passing) setNote();
  const problem = blind && error.status === 413 ? new PageProblem("problem.blind") : error;
  showProblem("photo", problem, [passing && photo ? retry(predict) : CHOOSE_PHOTO, CHOOSE_MOOD]);
}

async function predict() {
  const answer = await send(commonOptions());
  if (answer) showAnswer(answer);
  scrollToReading();
}

/**
 * Sends the photo and shows how far that is; a failure is shown too.
 * @returns {Promise<{prediction: object, recommendation: object, totalMs: number}|null>} null if there is no answer
 */
async function send(options) {
  if (!photo || running) return null;
  const started = performance.now();
  running = new AbortController();
  clearProblem("photo");
  showSending(true);
  try {
    return { ...(await post(options, running.signal)), totalMs: performance.now() - started };
  } catch (error) {
    if (cancelled(error)) {
      announce(t("photo.cancelled"));
      byId("predict").focus();
    } else showPhotoProblem(error);
    return null;
  } finally {
    running = null;
    showSending(false);
  }
}

/** Sends the photo; one that only this browser can read is drawn as a JPEG first. */
async function post(options, signal) {
  const how = { onProgress: drawProgress, signal };
  try {
    return await recommendPhoto(photo, options, how);
  } catch (error) {
    if (error.status !== 415 || !shown) throw error;
    photo = await redraw(photo);
    return recommendPhoto(photo, options, how);
  }
}

function showAnswer(answer) {
  const { prediction, recommendation } = answer;
  const several = prediction.faces.length > 1;
  read = answer;
  const main = mainFace(prediction);
  showFace(answer, main);
  byId("everyone").hidden = !several;
  if (several) setNote("faces.choose", { n: prediction.faces.length });
  else setNote();
  if (recommendation) {
    acceptRecommendation(recommendation, moodOf(prediction.faces[main]));
    announceReading("reading.announce");
    if (document.activeElement === byId("predict")) focusReading();
    byId("predict").hidden = true; // the same photo would give the same answer
  } else {
    update({ reading: null });
    showPhotoProblem(new PageProblem("problem.noface"));
  }
}

/** Makes the mood of all faces together the reading, and recommends for it. */
function chooseEveryone() {
  const mood = together(read.prediction);
  drawFaces(read.prediction, { chosen: null, onChoose: (index) => chooseFace(read, index) });
  byId("everyone").setAttribute("aria-pressed", "true");
  readTogether(read.prediction, mood, read);
  recommendFor(mood);
}

/** Makes one face the reading, and recommends for it. */
function chooseFace(answer, index) {
  showFace(answer, index);
  recommendFor(moodOf(answer.prediction.faces[index]));
}

function showFace(answer, index) {
  drawFaces(answer.prediction, { chosen: index, onChoose: (other) => chooseFace(answer, other) });
  byId("everyone").setAttribute("aria-pressed", "false");
  if (answer.recommendation) readFace(answer.prediction, index, answer);
}

function showButtons(on) {
  for (const id of ["predict", "clear"]) byId(id).hidden = !on;
  byId("everyone").hidden = true;
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
