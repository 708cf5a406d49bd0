/** Sets up every part of the page and connects them. */

import { setUpAccess } from "./access.js";
import { setUpConsent } from "./consent.js";
import { setUpCovers } from "./cover.js";
import { byId, setUpUndo } from "./dom.js";
import { setUpFilters } from "./filters.js";
import { findAgain, setUpFind } from "./find.js";
import { language, preferredLanguage, rememberLanguage, setLanguage } from "./i18n.js";
import { setUpMap } from "./map.js";
import { focusMoods, setUpMoods } from "./mood.js";
import { loadOpinions } from "./opinions.js";
import { readPhoto, sayPhotoGone, setUpPhoto, showPhoto, showPhotoProblem } from "./photo.js";
import { setUpReading } from "./reading.js";
import { recommendFor } from "./recommending.js";
import { openShared, setUpShare } from "./share.js";
import { redrawShelves, setUpShelves } from "./shelves.js";
import { setUpStage } from "./stage.js";
import { restore, state } from "./state.js";
import { setUpTheme } from "./theme.js";
import { setUpWays } from "./ways.js";

await setLanguage(preferredLanguage());
setUpTheme();
setUpUndo();
setUpAccess();
setUpConsent(focusMoods);
setUpReading();
setUpMoods(recommendFor);
setUpStage();
setUpPhoto();

/** The live view's module; it is loaded when it is first asked for, as the dialogs' modules are. */
let live = null;
async function startLive() {
  if (!live) {
    live = await import("./live.js");
    live.setUpLive();
  }
  live.startLive();
}

setUpWays({
  onPhoto: (file) => {
    live?.stopLive();
    showPhoto(file);
  },
  onSample: (file) => {
    live?.stopLive();
    readPhoto(file);
  },
  onProblem: showPhotoProblem,
  onLive: startLive,
});
setUpMap();
setUpShelves();
setUpFind();
setUpCovers(redrawShelves);
setUpShare();
const refresh = () => state.mood && recommendFor(state.mood);
setUpFilters(() => {
  refresh();
  findAgain();
});
byId("history-open").addEventListener("click", async () => (await import("./history.js")).openHistory(refresh));
byId("saved-open").addEventListener("click", async () => (await import("./saved.js")).openSaved());

const languages = byId("language");
languages.value = language();
languages.addEventListener("change", async () => {
  await setLanguage(languages.value);
  rememberLanguage(languages.value);
  refresh(); // the reasons come in the language asked for
});

restore();
openShared();
window.addEventListener("hashchange", () => openShared() && refresh());
loadOpinions();
if (state.reading) sayPhotoGone();
refresh();

// Only secure pages have service workers; without one the page works, but cannot be installed.
navigator.serviceWorker?.register("sw.js");
