/** The live webcam: frames over the stream, outlines and bars as they change, the camera off when stopped. */

import { announce, byId } from "./dom.js";
import { clearFaces, drawFaces, mainFace } from "./faces.js";
import { percent, t } from "./i18n.js";
import { PageProblem, clearProblem, showProblem } from "./problems.js";
import { recommendFor } from "./recommending.js";
import { toJpeg } from "./shrink.js";
import { openStream } from "./stream.js";
import { update } from "./state.js";
import { focusMoods } from "./moods.js";

const BOX = "photo-problem";
/** The long side of a frame: the detector's first pass works on 320 pixels, so more would only cost bandwidth. */
const FRAME_SIDE = 400;
const FRAME_QUALITY = 0.75;
/** At most so many frames a second: more is not seen, and costs the server. */
const MAX_FPS = 20;
const CAMERA = { video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" }, audio: false };

/** A screen reader hears a change at most this often. */
const SAY_EVERY_MS = 4000;

/** @type {{media: MediaStream, stream: object, timer: number, times: number[], face: object|null}|null} */
let live = null;
let starting = false;

export function setUpLive() {
  byId("live-stop").addEventListener("click", () => {
    stopLive();
    announce(t("live.off"));
    byId("live").focus();
  });
  byId("live-use").addEventListener("click", () => live?.face && recommendFor(moodOf(live.face)));
  document.addEventListener("visibilitychange", () => live && pause(document.visibilityState === "hidden"));
  window.addEventListener("pagehide", stopLive);
}

/** While the page is hidden nothing is seen and nothing is sent. */
function pause(paused) {
  for (const track of live.media.getTracks()) track.enabled = !paused;
  live.stream?.close();
  live.times = [];
  if (!paused) live.stream = openStream({ onPrediction, onProblem });
  setNote(paused ? "live.paused" : "");
}

/** Asks for the camera and begins; `clear` takes away whatever the stage showed. */
export async function startLive(clear) {
  if (live || starting) return;
  starting = true;
  clear();
  clearProblem(BOX);
  setNote("live.starting");
  try {
    const media = await openCamera();
    if (!starting) {
      for (const track of media.getTracks()) track.stop(); // something else was chosen meanwhile
      return;
    }
    for (const track of media.getTracks()) track.onended = () => onProblem(new PageProblem("problem.camera.other"));
    live = { media, times: [], face: null, timer: 0, stream: null };
    await showVideo(media);
    if (!live) return;
    live.stream = openStream({ onPrediction, onProblem });
    live.timer = setInterval(sendFrame, 1000 / MAX_FPS);
    setNote("");
    announce(t("live.on"));
    byId("live-stop").focus();
  } catch (error) {
    stopLive();
    showProblem(BOX, error, [{ words: "way.photo", act: () => byId("choose").click() }, { words: "way.mood", act: focusMoods }]);
  } finally {
    starting = false;
  }
}

/** Switches the camera off (its light goes out) and leaves the last reading. */
export function stopLive() {
  starting = false;
  if (!live) {
    setNote("");
    return;
  }
  clearInterval(live.timer);
  live.stream?.close();
  for (const track of live.media.getTracks()) track.stop();
  live = null;
  clearFaces();
  setNote("");
  const video = byId("video");
  video.srcObject = null;
  video.hidden = true;
  byId("stage").dataset.state = "empty";
  showButtons(false);
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

async function showVideo(media) {
  const video = byId("video");
  video.srcObject = media;
  video.hidden = false;
  byId("stage").dataset.state = "live";
  showButtons(true);
  await video.play();
}

function showButtons(on) {
  for (const id of ["live-stop", "live-use"]) byId(id).hidden = !on;
  byId("ways").hidden = on;
  byId("live-use").disabled = true;
}

const canvas = document.createElement("canvas");

async function sendFrame() {
  const { stream } = live;
  const video = byId("video");
  if (document.visibilityState === "hidden" || !stream.ready() || !video.videoWidth || live.drawing) return;
  const factor = Math.min(1, FRAME_SIDE / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * factor);
  canvas.height = Math.round(video.videoHeight * factor);
  canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0, canvas.width, canvas.height);
  live.drawing = true;
  const frame = await toJpeg(canvas, FRAME_QUALITY);
  if (!live) return;
  live.drawing = false;
  if (live.stream.ready()) live.stream.send(frame);
}

function onPrediction(prediction) {
  if (!live) return;
  const now = performance.now();
  live.times = [...live.times.filter((time) => now - time < 2000), now];
  const { faces } = prediction;
  const main = faces.length ? mainFace(faces) : -1;
  drawFaces(prediction, { chosen: main, mirrored: true });
  live.face = faces[main] ?? null;
  byId("live-use").disabled = !live.face;
  setNote(live.face ? "" : "live.noface");
  if (!live.face) return;
  const { emotion, confidence, probabilities, uncertain } = live.face;
  sayChange(emotion, confidence, now);
  const { total } = prediction.timings_ms;
  update({ reading: { emotion, confidence, probabilities, uncertain, serverMs: total, totalMs: 0, fps: frameRate() } });
}

function sayChange(emotion, confidence, now) {
  if (live.said?.emotion === emotion || now - (live.said?.at ?? -Infinity) < SAY_EVERY_MS) return;
  live.said = { emotion, at: now };
  announce(t("reading.say", { emotion: t(`emotion.${emotion}`), percent: percent(confidence) }));
}

/** Answers a second over the last two seconds. */
function frameRate() {
  const { times } = live;
  const span = times[times.length - 1] - times[0];
  return span ? ((times.length - 1) / span) * 1000 : 0;
}

function onProblem(error) {
  stopLive();
  const known = error instanceof PageProblem || error.status;
  showProblem(BOX, known ? error : new PageProblem("problem.stream"), [
    { words: "retry", act: () => byId("live").click() },
    { words: "way.mood", act: focusMoods },
  ]);
}

function setNote(key) {
  const note = byId("stage-note");
  note.textContent = key ? t(key) : "";
  note.hidden = !key;
}

const moodOf = ({ emotion, probabilities }) => ({ kind: "live", emotion, probabilities });
