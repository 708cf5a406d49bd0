/** Puts the page together. */

import { withConsent, setUpConsent } from "./consent.js";
import { byId } from "./dom.js";
import { setUpHistory } from "./history.js";
import { language, preferredLanguage, rememberLanguage, setLanguage } from "./i18n.js";
import { setUpLive, startLive, stopLive } from "./live.js";
import { setUpMap } from "./map.js";
import { focusMoods, setUpMoods } from "./moods.js";
import { loadOpinions } from "./opinions.js";
import { clearPhoto, sayPhotoGone, setUpPhoto, showPhoto, showPhotoProblem } from "./photo.js";
import { setUpReading } from "./reading.js";
import { recommendFor } from "./recommending.js";
import { setUpShelves } from "./shelves.js";
import { restore, state, update } from "./state.js";
import { setUpTheme } from "./theme.js";
import { setUpWays } from "./ways.js";

await setLanguage(preferredLanguage());
setUpTheme();
setUpConsent(focusMoods);
setUpReading();
setUpMoods((emotion) => recommendFor({ kind: "hand", emotion, probabilities: null }));
setUpPhoto();
setUpLive();
setUpWays(
  (file) => {
    stopLive();
    showPhoto(file);
  },
  showPhotoProblem,
);
setUpMap();
setUpShelves();
setUpHistory(() => state.mood && recommendFor(state.mood));

byId("live").addEventListener("click", () => {
  withConsent(() =>
    startLive(() => {
      clearPhoto();
      update({ prediction: null, reading: null });
    }),
  );
});

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

// Only secure pages have service workers; without one the page is the same, but not installable.
navigator.serviceWorker?.register("sw.js");
