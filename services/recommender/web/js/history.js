/** The dialog that lists what is kept under the anonymous id, with "forget me". */

import { fetchHistory, forgetUser } from "./api.js";
import { announce, byId, el, icon, toast, webAddress } from "./dom.js";
import { language, t } from "./i18n.js";
import { dropOpinions } from "./opinions.js";
import { sentence } from "./problems.js";
import { dropUserId, userId } from "./user.js";

/** @param {() => void} onForgotten */
export function setUpHistory(onForgotten) {
  const dialog = byId("history");
  byId("history-open").addEventListener("click", () => {
    dialog.showModal();
    draw();
  });
  byId("history-close").addEventListener("click", () => dialog.close());
  byId("forget").addEventListener("click", async () => {
    try {
      await forgetUser(userId());
      dropUserId();
      dropOpinions();
      dialog.close();
      toast(t("history.forgotten"));
      onForgotten();
    } catch (error) {
      showFailure(error);
    }
  });
}

async function draw() {
  const id = userId();
  byId("history-words").textContent = t(id ? "history.somebody" : "history.nobody");
  byId("history-id").textContent = id ? t("history.id", { id }) : "";
  byId("history-learnt").textContent = "";
  byId("forget").hidden = !id;
  byId("history-list").replaceChildren();
  if (id) await drawPage(id, null);
}

async function drawPage(id, cursor) {
  const list = byId("history-list");
  try {
    const { feedback, preferences, next_cursor: next } = await fetchHistory(id, cursor);
    list.append(...feedback.map(row));
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
  const list = leanings.map(({ name, leaning }) => `${leaning > 0 ? "+" : "−"} ${name}`).join(", ");
  return list && t("history.learnt", { list });
}

function row({ action, medium, title, url, at }) {
  const address = webAddress(url);
  const name = address
    ? el("a", { href: address, target: "_blank", rel: "noopener noreferrer", text: title })
    : el("span", { text: title });
  const day = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
  return el(
    "li",
    {},
    icon(medium),
    el("span", { class: "history-title" }, name),
    el("span", { class: "tag", text: t(`history.action.${action}`) }),
    el("time", { class: "small", datetime: at, text: day }),
  );
}
