/** The live webcam: sends frames over the stream and shows each answer; the camera is off when stopped. */

import { withConsent } from "./consent.js";
import { announce, byId } from "./dom.js";
import { t } from "./i18n.js";
import { CHOOSE_MOOD, moodOf } from "./mood.js";
import { clearPhoto } from "./photo.js";
import { PageProblem, retry, showProblem } from "./problems.js";
import { announceReading, mainFace, readFace } from "./reading.js";
import { recommendFor } from "./recommending.js";
import { clearStage, drawFaces, grabFrame, putVideo, setNote } from "./stage.js";
import { state } from "./state.js";
import { openStream } from "./stream.js";
import { CHOOSE_PHOTO, focusLive, showWays } from "./ways.js";

/** Longest side of a frame in pixels: enough for a face in front of the camera, and quick to send. */
const FRAME_SIDE = 400;
const FRAME_QUALITY = 0.75;
/** Most frames a second: more look no smoother and cost the server time. */
const MAX_FPS = 20;
const CAMERA = { video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" }, audio: false };

/** A screen reader hears of a new emotion at most this often. */
const SAY_EVERY_MS = 4000;

/**
 * The session from "start" to "stop": `media` and `stream` once the camera is open, `times` of the last answers,
 * `said` to the screen reader last.
 */
let live = null;

export function setUpLive() {
  byId("live-stop").addEventListener("click", () => {
    stopLive();
    announce(t("live.off"));
    focusLive();
  });
  byId("live-use").addEventListener("click", () => recommendFor(moodOf(state.reading)));
  document.addEventListener("visibilitychange", streamWhileVisible);
  window.addEventListener("pagehide", stopLive);
}

/** Asks for the camera and begins, in place of whatever the stage showed. */
export async function startLive() {
  if (live) return;
  clearPhoto();
  setNote("live.starting");
  const mine = { times: [], said: { at: -Infinity } };
  live = mine;
  try {
    const media = await openCamera();
    if (live !== mine) {
      for (const track of media.getTracks()) track.stop(); // stopped meanwhile
      return;
    }
    for (const track of media.getTracks()) track.onended = () => onProblem(new PageProblem("problem.camera.other"));
    live.media = media;
    showButtons(true);
    await putVideo(media);
    if (live !== mine) return;
    streamWhileVisible();
    live.timer = setInterval(sendFrame, 1000 / MAX_FPS);
    announce(t("live.on"));
    byId("live-stop").focus();
  } catch (error) {
    if (live !== mine) return;
    stopLive();
    showProblem("photo", error, [CHOOSE_PHOTO, CHOOSE_MOOD]);
  }
}

/** Switches the camera off (its light goes out); the last reading stays. */
export function stopLive() {
  if (!live) return;
  const { media, stream, timer } = live;
  live = null;
  clearInterval(timer);
  stream?.close();
  for (const track of media?.getTracks() ?? []) track.stop();
  clearStage();
  showButtons(false);
}

/** Opens the stream; while the page is hidden, closes it and blanks the camera. */
function streamWhileVisible() {
  if (!live?.media) return;
  const visible = document.visibilityState !== "hidden";
  for (const track of live.media.getTracks()) track.enabled = visible;
  live.stream?.close();
  live.stream = visible ? openStream({ onPrediction, onProblem }) : null;
  live.times = [];
  setNote(visible ? "" : "live.paused");
}

async function openCamera() {
  if (!navigator.mediaDevices) throw new PageProblem("problem.camera.secure");
  try {
    return await navigator.mediaDevices.getUserMedia(CAMERA);
  } catch (error) {
    if (error.name === "NotAllowedError") throw new PageProblem("problem.camera.denied");
    if (error.name === "NotFoundError") throw new PageProblem("problem.camera.none");
    throw new PageProblem("problem.camera.other");
  }
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
  byId("live-use").disabled = !seen;
  setNote(seen ? "" : "live.noface");
  if (!seen) return;
  readFace(prediction, main, { fps: frameRate(live.times) });
  const { emotion } = state.reading;
  if (live.said.emotion === emotion || now - live.said.at < SAY_EVERY_MS) return;
  live.said = { emotion, at: now };
  announceReading("reading.say");
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
    CHOOSE_MOOD,
  ]);
}
