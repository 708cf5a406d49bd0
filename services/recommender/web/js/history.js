/** What is kept of this browser's anonymous id, and "forget me". */

import { fetchHistory, forgetUser } from "./api.js";
import { byId, el, icon, toast, webAddress } from "./dom.js";
import { language, t } from "./i18n.js";
import { dropOpinions } from "./opinions.js";
import { sayProblem } from "./problems.js";
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
      byId("history-words").textContent = sayProblem(error);
    }
  });
}

async function draw() {
  const id = userId();
  byId("history-words").textContent = t(id ? "history.somebody" : "history.nobody");
  byId("history-id").textContent = id ? t("history.id", { id }) : "";
  byId("forget").hidden = !id;
  byId("history-list").replaceChildren();
  if (!id) return;
  try {
    const { events } = await fetchHistory(id);
    const rows = events.map(row);
    byId("history-list").replaceChildren(...(rows.length ? rows : [el("li", { text: t("history.empty") })]));
  } catch (error) {
    byId("history-words").textContent = sayProblem(error);
  }
}

function row({ action, item, created_at: when }) {
  const address = webAddress(item.url);
  const title = address
    ? el("a", { href: address, target: "_blank", rel: "noopener noreferrer", text: item.title })
    : el("span", { text: item.title });
  const day = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(when));
  return el(
    "li",
    {},
    icon(item.medium),
    el("span", { class: "history-title" }, title),
    el("span", { class: "tag", text: t(`history.action.${action}`) }),
    el("time", { class: "small", datetime: when, text: day }),
  );
}
