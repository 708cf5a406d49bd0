/** Shows the notice before the first photo or camera, and remembers that it was accepted. */

import { byId } from "./dom.js";
import { read, write } from "./store.js";

/** Raise this when the notice changes in substance: everybody is then asked again. */
const VERSION = 1;

let waiting = null;

/**
 * Runs `act` at once if the notice was accepted, else when it is: inside that click, so that a file chooser may open.
 */
export function withConsent(act) {
  if (read("consent") === VERSION) {
    act();
    return;
  }
  waiting = act;
  openNotice();
}

/** Sets the notice up; `onRefuse` is called if it is not accepted. */
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
