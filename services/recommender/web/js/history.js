/** The dialog that lists what is kept under the anonymous id; each entry can be removed, or all of it. */

import { fetchHistory, forgetUser } from "./api.js";
import { announce, byId, el, icon, toast, webAddress } from "./dom.js";
import { genre, moment, t } from "./i18n.js";
import { drawIdentity, setUpIdentity } from "./identity.js";
import { change, loadOpinions } from "./opinions.js";
import { sentence } from "./problems.js";
import { setUserId, userId } from "./user.js";

let isSetUp = false;

/** Opens the dialog; `onChange` is called when the shelves should be asked for anew. */
export function openHistory(onChange) {
  if (!isSetUp) setUp(onChange);
  isSetUp = true;
  byId("history").showModal();
  draw();
}

function setUp(onChange) {
  const dialog = byId("history");
  setUpIdentity(async () => {
    draw();
    await loadOpinions();
    onChange();
  });
  byId("history-close").addEventListener("click", () => dialog.close());
  const ask = (asking) => {
    byId("forget").hidden = asking;
    byId("forget-sure").hidden = !asking;
    byId(asking ? "forget-no" : "forget").focus();
  };
  byId("forget").addEventListener("click", () => ask(true));
  byId("forget-no").addEventListener("click", () => ask(false));
  byId("forget-yes").addEventListener("click", async () => {
    try {
      await forgetUser(userId());
      setUserId(null);
      loadOpinions();
      dialog.close();
      toast(t("history.forgotten"));
      onChange();
    } catch (error) {
      showFailure(error);
    }
  });
}

/** Shows what is kept under the id of now. */
async function draw() {
  const id = userId();
  byId("history-words").textContent = t(id ? "history.somebody" : "history.nobody");
  byId("history-learnt").textContent = "";
  byId("forget").hidden = !id;
  byId("forget-sure").hidden = true;
  byId("history-list").replaceChildren();
  drawIdentity();
  if (id) await drawPage(id, null);
}

async function drawPage(id, cursor) {
  const list = byId("history-list");
  try {
    const { feedback, preferences, next_cursor: next } = await fetchHistory(id, cursor);
    // What was said again after it was taken back or replaced is one entry: it is removed as one.
    const kept = new Map(feedback.toReversed().map((entry) => [`${entry.item_id} ${entry.action}`, entry]));
    list.append(...[...kept.values()].sort((a, b) => b.at.localeCompare(a.at)).map(row));
    if (!list.children.length) list.append(el("li", { class: "none", text: t("history.empty") }));
    if (next) list.append(older(id, next));
    byId("history-learnt").textContent = learnt(preferences);
  } catch (error) {
    showFailure(error);
  }
}

function showFailure(error) {
  byId("history-words").textContent = sentence(error);
  announce(sentence(error));
}

function older(id, cursor) {
  const line = el("li", { class: "none" });
  const load = () => {
    line.remove();
    drawPage(id, cursor);
  };
  line.append(el("button", { type: "button", class: "secondary", text: t("history.older"), on: { click: load } }));
  return line;
}

/** A line of the genres and creators that the server favours or avoids for this id, the strongest first. */
function learnt(preferences) {
  const leanings = preferences
    .filter(({ feature }) => !feature.startsWith("region:"))
    .map(({ feature, likes, dislikes }) => ({ name: feature.split(":").at(-1), leaning: likes - dislikes }))
    .filter(({ leaning }) => leaning !== 0)
    .sort((a, b) => Math.abs(b.leaning) - Math.abs(a.leaning))
    .slice(0, 10);
  const list = leanings.map(({ name, leaning }) => `${leaning > 0 ? "+" : "−"} ${genre(name)}`).join(", ");
  return list && t("history.learnt", { list });
}

function row({ item_id: id, action, medium, title, url, at }) {
  const address = webAddress(url);
  const name = address
    ? el("a", { href: address, target: "_blank", rel: "noopener noreferrer", text: title })
    : el("span", { text: title });
  const label = t("history.remove", { title });
  const button = el("button", { type: "button", class: "quiet icon-only", "aria-label": label, title: label });
  button.append(icon("close"));
  const line = el(
    "li",
    {},
    icon(medium),
    el("span", { class: "history-title" }, name),
    el("span", { class: "tag", text: t(`history.action.${action}`) }),
    button,
    el("time", { class: "small", datetime: at, text: moment(at) }),
  );
  button.addEventListener("click", () => remove({ id, title }, action, line));
  return line;
}

/** Takes an entry back. One that was opened cannot be opened again by an undo, but counts for next to nothing. */
async function remove(item, action, line) {
  const next = line.nextElementSibling ?? line.previousElementSibling;
  if (!(await change(item, action, false))) return;
  line.remove();
  (next?.querySelector("button") ?? byId("history-close")).focus();
  toast(t("history.removed", { title: item.title }), async () => {
    if (await change(item, action, true)) draw();
  });
}
