/** Asks once, before the first photo or camera, and remembers only that the notice was read. */

import { byId } from "./dom.js";
import { read, write } from "./store.js";

/** Raised when the words of the notice change in substance: then it is shown again. */
const VERSION = 1;

let waiting = null;

/**
 * Runs `act` at once if the notice was accepted, else after it is. Runs inside the click that accepts, so that
 * a file chooser may open.
 */
export function withConsent(act) {
  if (read("consent") === VERSION) {
    act();
    return;
  }
  waiting = act;
  openNotice();
}

/** Wires the notice; `onRefuse` leads to choosing the mood by hand. */
export function setUpConsent(onRefuse) {
  const dialog = byId("consent");
  byId("consent-yes").addEventListener("click", () => {
    write("consent", VERSION);
    const act = waiting;
    waiting = null;
    dialog.close();
    act?.();
  });
  byId("consent-no").addEventListener("click", () => {
    write("consent", null);
    dialog.close();
    onRefuse();
  });
  dialog.addEventListener("close", () => (waiting = null));
  byId("consent-read").addEventListener("click", openNotice);
}

function openNotice() {
  const dialog = byId("consent");
  dialog.showModal();
  byId("consent-yes").focus();
}
