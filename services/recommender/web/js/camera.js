/** Opens a camera, says why one does not open, and notices a picture that is black or stands still. */

import { byId, el } from "./dom.js";
import { onLanguage, t } from "./i18n.js";
import { PageProblem } from "./problems.js";
import { glance } from "./stage.js";
import { read, write } from "./store.js";

const SIZE = { width: { ideal: 640 }, height: { ideal: 480 } };

/** The end of the sentence's key for each error of `getUserMedia`. */
const REASONS = {
  NotAllowedError: "denied",
  NotFoundError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
  OverconstrainedError: "unfit",
  SecurityError: "secure",
};

/** Mean brightness, of 255, below which a picture counts as black. */
const DARK = 10;
/** A picture that stays the same to the last bit for this long stands still: a sensor always has noise. */
const FROZEN_MS = 2000;

/** The camera that the person chose, else the one that looks at them. */
export async function openCamera() {
  if (!navigator.mediaDevices) throw new PageProblem("problem.camera.secure");
  const chosen = read("camera");
  const which = chosen ? { deviceId: { exact: chosen } } : { facingMode: "user" };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...SIZE, ...which }, audio: false });
  } catch (error) {
    if (chosen && ["NotFoundError", "OverconstrainedError"].includes(error.name)) {
      write("camera", null); // it was unplugged: any other will do
      return openCamera();
    }
    throw new PageProblem(`problem.camera.${REASONS[error.name] ?? "other"}`);
  }
}

export function closeCamera(media) {
  for (const track of media?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}

/** Lets the person choose among several cameras; `onChoose` is called after the choice was remembered. */
export function setUpCameras(onChoose) {
  const list = byId("cameras");
  list.addEventListener("change", () => {
    write("camera", list.value);
    onChoose();
  });
  onLanguage(() => list.setAttribute("aria-label", t("live.cameras")));
}

/** Shows the list if there are several cameras; without `media`, hides it. */
export async function listCameras(media) {
  const list = byId("cameras");
  const devices = media ? await navigator.mediaDevices.enumerateDevices() : [];
  const cameras = devices.filter(({ kind }) => kind === "videoinput");
  list.hidden = cameras.length < 2;
  list.replaceChildren(
    ...cameras.map(({ deviceId, label }, index) =>
      el("option", { value: deviceId, text: label || t("live.camera", { i: index + 1 }) }),
    ),
  );
  list.value = media?.getVideoTracks()[0].getSettings().deviceId ?? "";
}

/** A function to call about twice a second: tells whether the picture is "dark", "frozen" or neither (""). */
export function pictureWatch() {
  let last = "";
  let changedAt = 0;
  return () => {
    const pixels = glance();
    if (!pixels) return "";
    const sum = pixels.reduce((total, value, index) => (index % 4 === 3 ? total : total + value), 0);
    if (sum / ((pixels.length * 3) / 4) < DARK) return "dark";
    const [now, picture] = [performance.now(), pixels.join()];
    if (picture !== last) changedAt = now;
    last = picture;
    return now - changedAt >= FROZEN_MS ? "frozen" : "";
  };
}
