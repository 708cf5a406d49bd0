/**
 * Copies a link to the mood, the aim, the media and the filters, and opens one. They stand after the "#", which browsers do not send,
 * so that no server logs a mood; a photo or an id is never part of it.
 */

import { byId, copy, toast } from "./dom.js";
import { filtersIn, filterWords } from "./filters.js";
import { t } from "./i18n.js";
import { EMOTIONS, MEDIA, STRATEGIES, state, update } from "./state.js";

export function setUpShare() {
  byId("share").addEventListener("click", async () => {
    const words = { mood: state.mood.emotion, aim: state.strategy, media: state.medium, ...filterWords() };
    const link = `${location.origin}${location.pathname}#${new URLSearchParams(words)}`;
    toast((await copy(link)) ? t("share.copied") : link);
  });
}

/** Takes mood, aim, media and filters from the page's address, and removes them there. @returns {boolean} whether there was one */
export function openShared() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const [emotion, strategy, medium] = ["mood", "aim", "media"].map((name) => asked.get(name));
  if (!EMOTIONS.includes(emotion)) return false;
  history.replaceState(null, "", location.pathname + location.search);
  update({
    mood: { emotion, probabilities: null },
    reading: null,
    strategy: STRATEGIES.includes(strategy) ? strategy : "auto",
    medium: MEDIA.includes(medium) ? medium : "all",
    filters: filtersIn(asked),
  });
  return true;
}
