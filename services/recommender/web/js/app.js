/** Sets up every part of the page and connects them. */

import { setUpConsent } from "./consent.js";
import { byId } from "./dom.js";
import { setUpHistory } from "./history.js";
import { language, preferredLanguage, rememberLanguage, setLanguage } from "./i18n.js";
import { setUpLive, startLive, stopLive } from "./live.js";
import { setUpMap } from "./map.js";
import { focusMoods, setUpMoods } from "./mood.js";
import { loadOpinions } from "./opinions.js";
import { sayPhotoGone, setUpPhoto, showPhoto, showPhotoProblem } from "./photo.js";
import { setUpReading } from "./reading.js";
import { recommendFor } from "./recommending.js";
import { setUpShelves } from "./shelves.js";
import { setUpStage } from "./stage.js";
import { restore, state } from "./state.js";
import { setUpTheme } from "./theme.js";
import { setUpWays } from "./ways.js";

await setLanguage(preferredLanguage());
setUpTheme();
setUpConsent(focusMoods);
setUpReading();
setUpMoods(recommendFor);
setUpStage();
setUpPhoto();
setUpLive();
setUpWays({
  onPhoto: (file) => {
    stopLive();
    showPhoto(file);
  },
  onProblem: showPhotoProblem,
  onLive: startLive,
});
setUpMap();
setUpShelves();
setUpHistory(() => state.mood && recommendFor(state.mood));

const languages = byId("language");
languages.value = language();
languages.addEventListener("change", async () => {
  await setLanguage(languages.value);
  rememberLanguage(languages.value);
});

restore();
await loadOpinions();
if (state.mood) {
  await recommendFor(state.mood);
  if (state.reading) sayPhotoGone();
}

// Only secure pages have service workers; without one the page works, but cannot be installed.
navigator.serviceWorker?.register("sw.js");
