/** Like, dislike, seen, hide and open: sent to the server under the anonymous id. */

import { Problem, fetchHistory, sendFeedback } from "./api.js";
import { toast } from "./dom.js";
import { t } from "./i18n.js";
import { sayProblem } from "./problems.js";
import { state } from "./state.js";
import { ensureUserId, randomId, userId } from "./user.js";

const NOTES = { like: "item.liked", dislike: "item.disliked", skip: "item.skipped", hide: "item.hidden" };

/** The last like or dislike per item id. @type {Map<number, string>} */
const opinions = new Map();
/** Items marked as seen: the server learns little from that and may offer them again, so they are excluded. */
const seen = new Set();

/** "like", "dislike" or undefined. */
export function opinionOf(item) {
  return opinions.get(item.id);
}

/** Ids that are not to be offered again. @returns {number[]} */
export function seenItems() {
  return [...seen];
}

export function dropOpinions() {
  opinions.clear();
  seen.clear();
}

/** Learns from the server what this browser liked before; without an id there is nothing to learn. */
export async function loadOpinions() {
  if (!userId()) return;
  try {
    const { feedback } = await fetchHistory(userId());
    for (const { item_id: id, action } of feedback.toReversed()) remember(id, action);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the shelves do without
  }
}

/**
 * Sends an opinion; a lost answer is asked for again with the same key, so it counts once.
 * @returns {Promise<boolean>} whether it was kept
 */
export async function giveOpinion(item, action) {
  try {
    await send(item, action, ensureUserId());
    remember(item.id, action);
    toast(t(NOTES[action], { title: item.title }));
    return true;
  } catch (error) {
    toast(sayProblem(error));
    return false;
  }
}

/** Notes that a link was followed; only where an id exists already, and nobody waits for it. */
export function noteOpen(item) {
  if (userId()) send(item, "open", userId()).catch(() => {});
}

function remember(id, action) {
  if (action === "like" || action === "dislike") opinions.set(id, action);
  if (action === "skip") seen.add(id);
}

async function send(item, action, user) {
  const key = randomId();
  const opinion = { user_id: user, item_id: item.id, action, ...(state.mood && { emotion: state.mood.emotion }) };
  try {
    return await sendFeedback(opinion, key);
  } catch (error) {
    if (error.status !== 0) throw error;
    return sendFeedback(opinion, key);
  }
}
