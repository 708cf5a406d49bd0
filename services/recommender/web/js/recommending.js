/** Asks for recommendations and puts them into the state; the newest question wins. */

import { moodOptions, recommend } from "./api.js";
import { announce } from "./dom.js";
import { t } from "./i18n.js";
import { cancelled, clearProblem, showProblem } from "./problems.js";
import { focusMoods } from "./moods.js";
import { seenItems } from "./opinions.js";
import { state, update } from "./state.js";
import { userId } from "./user.js";

const BOX = "shelves-problem";

let running = new AbortController();
/** Ids that were shown for the current mood, so that "more" never repeats one. */
let shown = new Set();

/** On a phone a shelf is a column: fewer items, so that the next shelf is not far. */
const NARROW = matchMedia("(max-width: 559px)");

/** What every question carries besides the mood. */
export function commonOptions() {
  const exclude = seenItems();
  return {
    strategy: state.strategy,
    limit: NARROW.matches ? 3 : 5,
    ...(exclude.length && { exclude }),
    ...(userId() && { user_id: userId() }),
  };
}

/** Takes up a recommendation that came along with a prediction. */
export function accept(recommendation, mood) {
  startAnew();
  clearProblem(BOX);
  shown = new Set(recommendation.items.map((item) => item.id));
  update({ recommendation, mood, loading: false });
}

/** Fills the shelves for a mood: a face's probabilities or an emotion chosen by hand. */
export async function recommendFor(mood) {
  const signal = startAnew();
  clearProblem(BOX);
  update({ mood, loading: true });
  try {
    const recommendation = await recommend({ ...moodOptions(mood), ...commonOptions() }, signal);
    accept(recommendation, mood);
    const emotion = t(`emotion.${mood.emotion}`);
    announce(t("shelves.announce", { n: recommendation.items.length, emotion }));
  } catch (error) {
    if (cancelled(error)) return;
    update({ loading: false });
    showProblem(BOX, error, [
      { words: "retry", act: () => recommendFor(mood) },
      { words: "way.mood", act: focusMoods },
    ]);
  }
}

/** Another strategy for the same mood. */
export function chooseStrategy(strategy) {
  update({ strategy });
  if (state.mood) recommendFor(state.mood);
}

/**
 * Up to `limit` further items of one medium, added to its shelf.
 * @returns {Promise<object[]>} the new items; empty if there are none, or if asking failed (which is shown)
 */
export async function addMore(medium, limit = 5) {
  const { recommendation, mood } = state;
  const options = { ...moodOptions(mood), ...commonOptions(), medium: [medium], limit, exclude: [...shown, ...seenItems()] };
  try {
    const { items } = await recommend(options, running.signal);
    if (state.recommendation === null || state.mood !== mood) return [];
    for (const item of items) shown.add(item.id);
    update({ recommendation: { ...state.recommendation, items: [...state.recommendation.items, ...items] } });
    return items;
  } catch (error) {
    if (!cancelled(error) && recommendation) {
      showProblem(BOX, error, [{ words: "retry", act: () => (clearProblem(BOX), addMore(medium, limit)) }]);
    }
    return [];
  }
}

/** Takes an item off its shelf and brings another one in its place. */
export function replaceItem(gone) {
  const items = state.recommendation.items.filter((item) => item.id !== gone.id);
  update({ recommendation: { ...state.recommendation, items } });
  return addMore(gone.medium, 1);
}

/** Stops whatever is being asked; the signal for what comes next. */
function startAnew() {
  running.abort();
  running = new AbortController();
  return running.signal;
}
