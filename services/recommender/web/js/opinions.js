/** Sends opinions (like, dislike, seen, hide, open) under the anonymous id and remembers them. */

import { fetchHistory, Problem, sendFeedback } from "./api.js";
import { toast } from "./dom.js";
import { t } from "./i18n.js";
import { sentence } from "./problems.js";
import { state } from "./state.js";
import { ensureUserId, randomId, userId } from "./user.js";

const NOTES = { like: "item.liked", dislike: "item.disliked", skip: "item.skipped", hide: "item.hidden" };

/** The last like or dislike per item id. @type {Map<number, string>} */
const opinions = new Map();
/** Items marked as seen; excluded from every request, since the server may offer them again. */
const seen = new Set();

/** "like", "dislike" or undefined. */
export function opinionOf(item) {
  return opinions.get(item.id);
}

/** Ids of the items marked as seen. @returns {number[]} */
export function seenItems() {
  return [...seen];
}

export function dropOpinions() {
  opinions.clear();
  seen.clear();
}

/** Gets the earlier opinions of this browser's id, if it has one. */
export async function loadOpinions() {
  if (!userId()) return;
  try {
    const { feedback } = await fetchHistory(userId());
    for (const { item_id: id, action } of feedback.toReversed()) remember(id, action);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the shelves work without
  }
}

/**
 * Sends an opinion, once more if no answer came; the same key makes it count once.
 * @returns {Promise<boolean>} whether it was kept
 */
export async function giveOpinion(item, action) {
  try {
    await send(item, action, ensureUserId());
    remember(item.id, action);
    toast(t(NOTES[action], { title: item.title }));
    return true;
  } catch (error) {
    toast(sentence(error));
    return false;
  }
}

/** Reports that a link was followed, if there is an id; a failure is ignored. */
export function noteOpen(item) {
  if (userId()) send(item, "open", userId()).catch(() => {});
}

function remember(id, action) {
  if (action === "like" || action === "dislike") opinions.set(id, action);
  if (action === "skip" || action === "seen") seen.add(id); // the server answers with the second
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
