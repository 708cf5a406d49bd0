/** The ways in: drop, choose, paste, the phone's camera and samples give a file, the webcam starts. */

import { withConsent } from "./consent.js";
import { byId } from "./dom.js";
import { PageProblem } from "./problems.js";
import { setDragOver } from "./stage.js";

/**
 * @param {{onPhoto: (file: Blob) => void, onSample: (file: Blob) => void, onProblem: (error: Error) => void,
 *   onLive: () => void}} listeners
 */
export function setUpWays({ onPhoto, onSample, onProblem, onLive }) {
  const take = (file) => {
    if (!file) return;
    withConsent(() => {
      // A browser leaves the type empty for formats it does not know (HEIC on many): the server decides those.
      if (file.type && !file.type.startsWith("image/")) onProblem(new PageProblem("problem.notimage"));
      else onPhoto(file);
    });
  };
  setUpInput("choose", "file", take);
  setUpInput("take", "capture", take);
  // Only a touch device opens its camera for a file input; elsewhere the button would repeat "choose".
  byId("take").hidden = !matchMedia("(pointer: coarse)").matches;
  byId("live").addEventListener("click", () => withConsent(onLive));
  setUpDrop(take);
  document.addEventListener("paste", (event) => {
    const file = firstFile(event.clipboardData);
    if (file) event.preventDefault();
    take(file);
  });
  for (const button of document.querySelectorAll(".sample")) {
    button.addEventListener("click", () => withConsent(() => loadSample(button.dataset.sample, onSample, onProblem)));
  }
}

function setUpInput(button, input, take) {
  byId(button).addEventListener("click", () => withConsent(() => byId(input).click()));
  byId(input).addEventListener("change", ({ target }) => {
    const [file] = target.files;
    target.value = ""; // so that the same photo can be chosen again
    take(file);
  });
}

function setUpDrop(take) {
  const hasFiles = (event) => event.dataTransfer.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setDragOver(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) setDragOver(false);
  });
  // The whole page takes the drop: a photo that misses the stage must not replace the page.
  document.addEventListener("drop", (event) => {
    setDragOver(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    take(firstFile(event.dataTransfer));
  });
}

/** The first image among what was dropped or pasted, else the first file, else nothing. */
function firstFile(transfer) {
  const files = Array.from(transfer?.files ?? []);
  return files.find((file) => file.type.startsWith("image/")) ?? files[0];
}

async function loadSample(path, onSample, onProblem) {
  try {
    const response = await fetch(path);
    if (!response.ok) throw new Error(response.statusText);
    onSample(await response.blob());
  } catch {
    onProblem(new PageProblem("problem.sample"));
  }
}

/** Shows or hides the buttons that give a photo or start the webcam. */
export function showWays(on) {
  byId("ways").hidden = !on;
}

export function focusChoose() {
  byId("choose").focus();
}

export function focusLive() {
  byId("live").focus();
}

/** A way on after a problem. */
export const CHOOSE_PHOTO = { words: "way.photo", act: () => byId("choose").click() };
