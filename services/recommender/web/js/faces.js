/** Outlines over the photo or the video: one button per face, placed in shares of the picture's size. */

import { byId, el, setVars } from "./dom.js";
import { percent, t } from "./i18n.js";

/** @type {Map<string, HTMLButtonElement>} */
const outlines = new Map();

/**
 * Draws the faces, keeping the button (and its focus) of a face that stays.
 * @param {{faces: object[], image: {width: number, height: number}}} prediction
 * @param {{chosen: number, mirrored?: boolean, onChoose?: (index: number) => void}} how
 */
export function drawFaces(prediction, { chosen, mirrored = false, onChoose }) {
  const { faces, image } = prediction;
  const keep = new Set();
  faces.forEach((face, index) => {
    const key = String(face.id ?? index);
    keep.add(key);
    if (!outlines.has(key)) outlines.set(key, addOutline());
    const outline = outlines.get(key);
    const left = face.box.x / image.width;
    const width = face.box.width / image.width;
    setVars(outline, {
      left: share(mirrored ? 1 - left - width : left),
      top: share(face.box.y / image.height),
      width: share(width),
      height: share(face.box.height / image.height),
    });
    // A label below the last tenth of the picture would be cut off.
    outline.classList.toggle("low", (face.box.y + face.box.height) / image.height > 0.88);
    outline.onclick = onChoose ? () => onChoose(index) : null;
    describe(outline, face, index, faces.length, index === chosen);
  });
  for (const [key, outline] of outlines) {
    if (keep.has(key)) continue;
    outline.remove();
    outlines.delete(key);
  }
}

export function clearFaces() {
  for (const outline of outlines.values()) outline.remove();
  outlines.clear();
}

/** The index of the face that the contract calls the main one: the largest. */
export function mainFace(faces) {
  const area = ({ box }) => box.width * box.height;
  return faces.reduce((best, face, index) => (area(face) > area(faces[best]) ? index : best), 0);
}

function addOutline() {
  const outline = el("button", { type: "button", class: "face" }, el("span", { class: "face-label" }));
  byId("faces").append(outline);
  return outline;
}

function describe(outline, face, index, count, chosen) {
  const emotion = t(`emotion.${face.emotion}`);
  const name = face.id ?? index + 1; // an id stays with the face, its place in the list does not
  const words = { i: name, n: count, emotion, percent: percent(face.confidence) };
  outline.setAttribute("aria-label", t(count > 1 ? "faces.of" : "faces.one", words));
  outline.setAttribute("aria-pressed", String(chosen));
  outline.dataset.emotion = face.emotion;
  if (face.id !== undefined) outline.dataset.face = face.id;
  outline.firstChild.textContent = count > 1 ? `${name} · ${emotion}` : emotion;
}

const share = (value) => `${(value * 100).toFixed(2)}%`;
