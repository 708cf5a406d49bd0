/** The live webcam: sends frames over the stream and shows each answer; the camera is off when stopped or unseen. */

import { closeCamera, listCameras, openCamera, pictureWatch, setUpCameras } from "./camera.js";
import { withConsent } from "./consent.js";
import { announce, byId } from "./dom.js";
import { t } from "./i18n.js";
import { CHOOSE_MOOD, moodOf } from "./mood.js";
import { clearPhoto } from "./photo.js";
import { PageProblem, retry, showProblem } from "./problems.js";
import { announceReading, mainFace, readFace, readNobody } from "./reading.js";
import { recommendFor } from "./recommending.js";
import { clearStage, drawFaces, grabFrame, putVideo, setNote } from "./stage.js";
import { state, update } from "./state.js";
import { openStream } from "./stream.js";
import { CHOOSE_PHOTO, focusLive, showWays } from "./ways.js";

/** Longest side of a frame in pixels: enough for a face in front of the camera, and quick to send. */
const FRAME_SIDE = 400;
const FRAME_QUALITY = 0.75;
/** Most frames a second: more look no smoother and cost the server time. */
const MAX_FPS = 20;
/** The last reading is cleared once the face has been gone for this long; a blink of the detector is shorter. */
const GONE_AFTER_MS = 600;
const LOOK_EVERY_MS = 500;

/** A screen reader hears of a new emotion at most this often. */
const SAY_EVERY_MS = 4000;

/**
 * The session from "start" to "stop". While the page is seen and the camera open it has `media`, `stream` and
 * `timers`; `times` of the last answers, `seenAt` of the last face and whether it is `gone`, `said` to the screen
 * reader last, `fault` of the picture.
 */
let live = null;

export function setUpLive() {
  setUpCameras(() => {
    pause();
    resume();
  });
  byId("live-stop").addEventListener("click", () => {
    stopLive();
    announce(t("live.off"));
    focusLive();
  });
  byId("live-use").addEventListener("click", () => recommendFor(moodOf(state.reading)));
  document.addEventListener("visibilitychange", () => {
    if (!live) return;
    if (document.visibilityState === "hidden") {
      pause();
      setNote("live.paused");
    } else resume();
  });
  window.addEventListener("pagehide", stopLive);
}

/** Asks for the camera and begins, in place of whatever the stage showed. */
export async function startLive() {
  if (live) return;
  clearPhoto();
  live = { times: [], said: { at: -Infinity } };
  await resume();
  if (!live?.media) return;
  announce(t("live.on"));
  byId("live-stop").focus();
}

/** Switches the camera off (its light goes out) and clears what it showed. */
export function stopLive() {
  if (!live) return;
  pause();
  live = null;
  clearStage();
  showButtons(false);
}

/** Opens the camera and the stream. */
async function resume() {
  const mine = live;
  if (mine.media || mine.opening) return;
  mine.opening = true;
  setNote("live.starting");
  try {
    const media = await openCamera();
    mine.opening = false;
    if (live !== mine || document.visibilityState === "hidden") {
      closeCamera(media); // stopped or covered meanwhile
      return;
    }
    for (const track of media.getTracks()) track.onended = () => onProblem(new PageProblem("problem.camera.gone"));
    Object.assign(mine, { media, times: [], fault: "", gone: false, seenAt: performance.now() });
    showButtons(true);
    listCameras(media);
    await putVideo(media);
    if (mine.media !== media) return;
    setNote();
    const look = pictureWatch();
    mine.stream = openStream({ onPrediction, onProblem });
    mine.timers = [setInterval(sendFrame, 1000 / MAX_FPS), setInterval(() => showFault(look()), LOOK_EVERY_MS)];
  } catch (error) {
    mine.opening = false;
    if (live === mine) onProblem(error);
  }
}

/** Closes the camera and the stream; what was read goes too. */
function pause() {
  const { media, stream, timers = [] } = live;
  live.media = live.stream = null;
  timers.map(clearInterval);
  stream?.close();
  closeCamera(media);
  listCameras(null);
  drawFaces({ faces: [] }, {});
  update({ reading: null });
  byId("live-use").disabled = true;
}

function showButtons(on) {
  for (const id of ["live-stop", "live-use"]) byId(id).hidden = !on;
  byId("live-use").disabled = true;
  showWays(!on);
}

async function sendFrame() {
  const mine = live;
  if (mine.encoding || !mine.stream?.ready()) return;
  mine.encoding = true;
  const frame = await grabFrame(FRAME_SIDE, FRAME_QUALITY);
  mine.encoding = false;
  if (frame && live === mine && mine.stream?.ready()) mine.stream.send(frame);
}

function onPrediction(prediction) {
  const now = performance.now();
  live.times = [...live.times.filter((time) => now - time < 2000), now];
  const seen = prediction.faces.length > 0;
  const main = mainFace(prediction);
  drawFaces(prediction, { chosen: main, mirrored: true });
  if (!seen) {
    if (now - live.seenAt > GONE_AFTER_MS) showNobody();
    return;
  }
  Object.assign(live, { seenAt: now, gone: false });
  byId("live-use").disabled = false;
  drawNote();
  readFace(prediction, main, { fps: frameRate(live.times) });
  const { emotion } = state.reading;
  if (live.said.emotion === emotion || now - live.said.at < SAY_EVERY_MS) return;
  live.said = { emotion, at: now };
  announceReading("reading.say");
}

function showNobody() {
  live.gone = true;
  byId("live-use").disabled = true;
  drawNote();
  if (state.reading?.emotion !== null) readNobody();
}

function showFault(fault) {
  live.fault = fault;
  drawNote();
}

/** Captions the camera: a fault of its picture explains a missing face, so it goes first. */
function drawNote() {
  if (live.fault) setNote(`live.${live.fault}`);
  else setNote(live.gone ? "live.noface" : "");
}

/** Answers a second. */
function frameRate(times) {
  const span = times.at(-1) - times[0];
  return span && ((times.length - 1) / span) * 1000;
}

function onProblem(error) {
  stopLive();
  const known = error instanceof PageProblem || error.status;
  showProblem("photo", known ? error : new PageProblem("problem.stream"), [
    retry(() => withConsent(startLive)),
    CHOOSE_PHOTO,
    CHOOSE_MOOD,
  ]);
}
