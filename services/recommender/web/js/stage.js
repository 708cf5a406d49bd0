/** The stage: shows a photo or the camera, outlines its faces and captions it. Only this module touches its nodes. */

import { byId, el, setVars } from "./dom.js";
import { onLanguage, percent, t } from "./i18n.js";
import { toJpeg } from "./shrink.js";

const stage = byId("stage");
const preview = byId("preview");
const video = byId("video");
const caption = byId("stage-note");

/** Buttons by face id, or by index where faces have none. @type {Map<string, HTMLButtonElement>} */
const outlines = new Map();

/** The arguments of the last `setNote` and `drawFaces`, to draw them again in another language. */
let note = [];
let drawn = [{ faces: [] }, {}];

export function setUpStage() {
  onLanguage(() => {
    preview.alt = t("photo.alt");
    setNote(...note);
    drawFaces(...drawn);
  });
}

/**
 * Shows a photo; resolves once it is on the screen.
 * @param {Blob|null} photo null for one that this browser cannot display
 */
export async function putPhoto(photo) {
  stage.dataset.state = photo ? "photo" : "blind";
  if (!photo) return;
  preview.src = URL.createObjectURL(photo);
  preview.hidden = false;
  await preview.decode().catch(() => {}); // replaced meanwhile
}

/** Shows the camera's picture; resolves once it plays. */
export function putVideo(camera) {
  stage.dataset.state = "live";
  video.srcObject = camera;
  video.hidden = false;
  return video.play();
}

/** The camera's picture as a JPEG, its long side at most `side` pixels; null before the first picture. */
export async function grabFrame(side, quality) {
  return video.videoWidth ? (await toJpeg(video, video.videoWidth, video.videoHeight, side, quality)).blob : null;
}

const small = new OffscreenCanvas(16, 12).getContext("2d", { willReadFrequently: true });

/** The camera's picture at 16×12 as RGBA bytes, row by row; null before the first picture. */
export function glance() {
  if (!video.videoWidth) return null;
  small.drawImage(video, 0, 0, 16, 12);
  return small.getImageData(0, 0, 16, 12).data;
}

export function clearStage() {
  URL.revokeObjectURL(preview.src);
  preview.removeAttribute("src");
  video.srcObject = null;
  preview.hidden = video.hidden = true;
  stage.dataset.state = "empty";
  drawFaces({ faces: [] }, {});
  setNote();
}

/** Captions the stage with words from the strings; without a key, removes the caption. */
export function setNote(key = "", values = {}) {
  note = [key, values];
  caption.textContent = key && t(key, values);
  caption.hidden = !key;
}

export function setBusy(on) {
  stage.setAttribute("aria-busy", String(on));
}

/** Shows whether a dragged file would be taken if dropped. */
export function setDragOver(on) {
  stage.classList.toggle("over", on);
}

/**
 * Outlines the faces, keeping the button (and its focus) of a face that stays.
 * @param {{faces: object[], image: {width: number, height: number}}} prediction
 * @param {{chosen: number, mirrored?: boolean, onChoose?: (index: number) => void}} how
 */
export function drawFaces(prediction, how) {
  drawn = [prediction, how];
  const { faces } = prediction;
  const names = faces.map((face, index) => String(face.id ?? index));
  for (const [name, outline] of outlines) {
    if (names.includes(name)) continue;
    outline.remove();
    outlines.delete(name);
  }
  faces.forEach((face, index) => {
    const name = names[index];
    if (!outlines.has(name)) outlines.set(name, addOutline());
    place(outlines.get(name), face.box, prediction.image, how.mirrored);
    dot(outlines.get(name), face, how.mirrored);
    describe(outlines.get(name), face, index, faces.length, how);
  });
}

function addOutline() {
  const outline = el("button", { type: "button", class: "face" }, el("span", { class: "face-label" }));
  byId("faces").append(outline);
  return outline;
}

/** Places an outline by shares of the picture's size. */
function place(outline, box, image, mirrored) {
  const left = mirrored ? image.width - box.x - box.width : box.x;
  setVars(outline, {
    left: share(left, image.width),
    top: share(box.y, image.height),
    width: share(box.width, image.width),
    height: share(box.height, image.height),
  });
  // A label below the last tenth of the picture would be cut off.
  outline.classList.toggle("low", (box.y + box.height) / image.height > 0.88);
}

/** Draws the landmarks as dots within an outline. */
function dot(outline, { box, landmarks }, mirrored) {
  const points = Object.values(landmarks ?? {});
  while (outline.children.length > points.length + 1) outline.lastChild.remove();
  while (outline.children.length < points.length + 1) outline.append(el("span", { class: "landmark" }));
  points.forEach(({ x, y }, index) => {
    const across = mirrored ? box.x + box.width - x : x - box.x;
    setVars(outline.children[index + 1], { left: share(across, box.width), top: share(y - box.y, box.height) });
  });
}

function describe(outline, face, index, count, { chosen, onChoose }) {
  const emotion = t(`emotion.${face.emotion}`);
  const name = face.id ?? index + 1; // an id stays with the face, its place in the list does not
  const words = { i: name, n: count, emotion, percent: percent(face.confidence) };
  outline.setAttribute("aria-label", t(count > 1 ? "faces.of" : "faces.one", words));
  outline.setAttribute("aria-pressed", String(index === chosen));
  outline.dataset.emotion = face.emotion;
  if (face.id !== undefined) outline.dataset.face = face.id;
  outline.firstChild.textContent = count > 1 ? `${name} · ${emotion}` : emotion;
  outline.onclick = () => onChoose?.(index);
}

const share = (part, whole) => `${((part / whole) * 100).toFixed(2)}%`;
