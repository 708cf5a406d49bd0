/**
 * What the person said of items: like, dislike or hide (one of them), seen and save beside it. Kept by the server under
 * the anonymous id.
 */

import { fetchHistory, fetchSaved, Problem, sendFeedback, takeBack } from "./api.js";
import { announce, toast } from "./dom.js";
import { t } from "./i18n.js";
import { sentence } from "./problems.js";
import { state, update } from "./state.js";
import { ensureUserId, randomId, userId } from "./user.js";

/** One of these stands at a time. */
const OPINIONS = ["like", "dislike", "hide"];

/** The actions that stand, by item id. @type {Map<number, Set<string>>} */
const mine = new Map();

/** Whether the person said this of the item. */
export const has = (item, action) => mine.get(item.id)?.has(action) ?? false;

/** Gets what this browser's id said before, if there is one; without an id, nothing is left. */
export async function loadOpinions() {
  mine.clear();
  try {
    if (userId()) {
      const [{ feedback }, saved] = await Promise.all([fetchHistory(userId()), fetchSaved(userId())]);
      for (const { item_id: id, action } of feedback.toReversed()) remember(id, action, true);
      for (const { id } of saved.items) remember(id, "save", true);
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the shelves work without
  }
  changed();
}

/**
 * Says this of an item, or takes it back if it was said; the note that follows can undo it.
 * @param {() => void} [onUndo] called after it was undone
 * @returns {Promise<boolean>} whether it was done
 */
export async function toggle(item, action, onUndo) {
  const before = OPINIONS.find((one) => has(item, one));
  const on = !has(item, action);
  if (!(await change(item, action, on))) return false;
  const undo = async () => {
    if (!(await change(item, action, !on))) return;
    if (on && before && OPINIONS.includes(action)) await change(item, before, true);
    announce(t("item.undone"));
    onUndo?.();
  };
  toast(t(on ? `item.done.${action}` : "item.takenback", { title: item.title }), undo);
  return true;
}

/** Says an action of an item or takes it back; a failure is shown. @returns {Promise<boolean>} whether it was done */
export async function change(item, action, on) {
  try {
    if (on) await send(item, action, ensureUserId());
    else await takeBack(userId(), item.id, action);
  } catch (error) {
    toast(sentence(error));
    return false;
  }
  remember(item.id, action, on);
  changed();
  return true;
}

/** Reports that a link was followed, if there is an id; a failure is ignored. */
export function noteOpen(item) {
  if (userId()) send(item, "open", userId()).catch(() => {});
}

function remember(id, action, on) {
  const said = mine.get(id) ?? new Set();
  if (on && OPINIONS.includes(action)) for (const other of OPINIONS) said.delete(other);
  if (on) said.add(action);
  else said.delete(action);
  mine.set(id, said);
}

function changed() {
  update({ opinions: state.opinions + 1 });
}

/** Sends an action, once more if no answer came; the same key makes it count once. */
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
