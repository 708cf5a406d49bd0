/** Asks for recommendations and puts them into the state; a new request cancels the one before. */

import { recommend } from "./api.js";
import { announce } from "./dom.js";
import { filterOptions } from "./filters.js";
import { t } from "./i18n.js";
import { CHOOSE_MOOD, moodOptions } from "./mood.js";
import { cancelled, clearProblem, retry, showProblem } from "./problems.js";
import { state, update } from "./state.js";
import { userId } from "./user.js";

let running = new AbortController();
/** Ids of the items shown for the current mood, so that "more" never repeats one. */
let shown = new Set();

/** On a phone a shelf is a column: fewer items bring the next shelf closer. */
const NARROW = matchMedia("(max-width: 559px)");

/** What every request carries besides the mood. */
export function commonOptions() {
  return {
    strategy: state.strategy,
    limit: NARROW.matches ? 3 : 6,
    ...filterOptions(),
    ...(state.sensitive === "include" && { sensitive: "include" }),
    ...(userId() && { user_id: userId() }),
  };
}

/** Shows a recommendation that came along with a prediction. */
export function acceptRecommendation(recommendation, mood) {
  startAnew();
  clearProblem("shelves");
  shown = new Set(recommendation.items.map((item) => item.id));
  update({ recommendation, mood, loading: false });
}

/** Fills the shelves for a mood. */
export async function recommendFor(mood) {
  const signal = startAnew();
  clearProblem("shelves");
  update({ mood, loading: true });
  try {
    const recommendation = await recommend({ ...moodOptions(mood), ...commonOptions() }, signal);
    if (mood.sure === false) recommendation.clear = false;
    acceptRecommendation(recommendation, mood);
    const words = recommendation.clear === false ? "shelves.announce.unclear" : "shelves.announce";
    announce(t(words, { n: recommendation.items.length, emotion: t(`emotion.${mood.emotion}`) }));
  } catch (error) {
    if (cancelled(error)) return;
    update({ loading: false });
    showProblem("shelves", error, [retry(() => recommendFor(mood)), CHOOSE_MOOD]);
  }
}

/** Fills the shelves anew by another strategy for the same mood. */
export function chooseStrategy(strategy) {
  update({ strategy });
  if (state.mood) recommendFor(state.mood);
}

/**
 * Adds up to `limit` further items of one medium to its shelf.
 * @returns {Promise<object[]>} the new items; none if there are no more, or if the request failed (which is shown)
 */
export async function addMore(medium, limit = 5) {
  const { recommendation, mood } = state;
  const options = { ...moodOptions(mood), ...commonOptions(), medium: [medium], limit, exclude: [...shown] };
  try {
    const { items } = await recommend(options, running.signal);
    if (state.recommendation === null || state.mood !== mood) return [];
    for (const item of items) shown.add(item.id);
    update({ recommendation: { ...state.recommendation, items: [...state.recommendation.items, ...items] } });
    return items;
  } catch (error) {
    if (!cancelled(error) && recommendation) {
      const again = () => {
        clearProblem("shelves");
        addMore(medium, limit);
      };
      showProblem("shelves", error, [retry(again)]);
    }
    return [];
  }
}

/** Takes an item off its shelf. */
export function removeItem(gone) {
  const items = state.recommendation.items.filter((item) => item.id !== gone.id);
  update({ recommendation: { ...state.recommendation, items } });
}

/** Puts an item back on its shelf, at this place among those of its medium. */
export function insertItem(item, place) {
  const { recommendation } = state;
  if (!recommendation || recommendation.items.some(({ id }) => id === item.id)) return;
  const own = recommendation.items.filter(({ medium }) => medium === item.medium);
  own.splice(place, 0, item);
  const others = recommendation.items.filter(({ medium }) => medium !== item.medium);
  update({ recommendation: { ...recommendation, items: [...others, ...own] } });
}

/** Cancels the requests under way; the signal for the next ones. */
function startAnew() {
  running.abort();
  running = new AbortController();
  return running.signal;
}
