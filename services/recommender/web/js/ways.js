/** The ways a photo comes in: drop, choose, paste, the phone's camera, samples. Each ends in `onPhoto(file)`. */

import { PageProblem } from "./problems.js";
import { withConsent } from "./consent.js";
import { byId } from "./dom.js";

/**
 * @param {(file: Blob) => void} onPhoto
 * @param {(error: Error) => void} onError
 */
export function setUpWays(onPhoto, onError) {
  const take = (file) => withConsent(() => accept(file, onPhoto, onError));
  for (const [button, input] of [["choose", "file"], ["take", "capture"]]) {
    byId(button).addEventListener("click", () => withConsent(() => byId(input).click()));
    byId(input).addEventListener("change", (event) => {
      const [file] = event.target.files;
      event.target.value = ""; // so that the same photo can be chosen again
      if (file) take(file);
    });
  }
  // Only a touch device opens its camera for a file input; elsewhere the button would repeat "choose".
  byId("take").hidden = !matchMedia("(pointer: coarse)").matches;
  setUpDrop(take);
  document.addEventListener("paste", (event) => {
    const file = firstFile(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  for (const button of document.querySelectorAll(".sample")) {
    button.addEventListener("click", () => withConsent(() => loadSample(button.dataset.sample, onPhoto, onError)));
  }
}

function accept(file, onPhoto, onError) {
  // A browser leaves the type empty for formats it does not know (HEIC on many): the server decides those.
  if (file.type && !file.type.startsWith("image/")) onError(new PageProblem("problem.notimage"));
  else onPhoto(file);
}

function setUpDrop(take) {
  const stage = byId("stage");
  const over = (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    stage.classList.add("over");
  };
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) stage.classList.remove("over");
  });
  // The whole page takes the drop: a photo that misses the box must not replace the page.
  document.addEventListener("drop", (event) => {
    stage.classList.remove("over");
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    const file = firstFile(event.dataTransfer);
    if (file) take(file);
  });
}

/** The first image among what was dropped or pasted, else the first file, else nothing. */
function firstFile(transfer) {
  const files = Array.from(transfer?.files ?? []);
  return files.find((file) => file.type.startsWith("image/")) ?? files[0];
}

async function loadSample(path, onPhoto, onError) {
  try {
    const response = await fetch(path);
    if (!response.ok) throw new Error(response.statusText);
    onPhoto(await response.blob());
  } catch {
    onError(new PageProblem("problem.sample"));
  }
}
