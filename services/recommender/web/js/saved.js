/** The dialog with the items that the person saved; exports them as text. */

import { fetchSaved } from "./api.js";
import { announce, byId, copy, download, el, icon, toast, webAddress } from "./dom.js";
import { t } from "./i18n.js";
import { change } from "./opinions.js";
import { sentence } from "./problems.js";
import { MEDIA } from "./state.js";
import { userId } from "./user.js";

let items = [];

let isSetUp = false;

export function openSaved() {
  if (!isSetUp) setUp();
  isSetUp = true;
  byId("saved").showModal();
  load();
}

function setUp() {
  const dialog = byId("saved");
  byId("saved-close").addEventListener("click", () => dialog.close());
  byId("saved-copy").addEventListener("click", async () => {
    if (await copy(asText())) toast(t("saved.copied"));
  });
  byId("saved-download").addEventListener("click", () => download(`${t("saved.file")}.txt`, asText(), "text/plain"));
}

async function load() {
  items = [];
  let failure = "";
  try {
    let cursor = null;
    do {
      const page = userId() ? await fetchSaved(userId(), cursor) : { items: [], next_cursor: null };
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
  } catch (error) {
    failure = sentence(error);
    announce(failure);
  }
  draw(failure);
}

function draw(failure = "") {
  byId("saved-words").textContent = failure || t(items.length ? "saved.words" : "saved.empty");
  byId("saved-actions").hidden = !items.length;
  byId("saved-list").replaceChildren(...items.map(row));
}

function row(item) {
  const address = webAddress(item.url);
  const name = address
    ? el("a", { href: address, target: "_blank", rel: "noopener noreferrer", text: item.title })
    : el("span", { text: item.title });
  const label = t("saved.remove", { title: item.title });
  const remove = () => takeOff(item);
  const button = el("button", {
    type: "button",
    class: "quiet icon-only",
    "aria-label": label,
    title: label,
    on: { click: remove },
  });
  button.append(icon("close"));
  const by = [item.creator, item.year].filter(Boolean).join(" · ");
  return el(
    "li",
    {},
    icon(item.medium),
    el("span", { class: "history-title" }, name),
    button,
    el("span", { class: "small", text: by }),
  );
}

async function takeOff(item) {
  const place = items.indexOf(item);
  if (!(await change(item, "save", false))) return;
  items.splice(place, 1);
  draw();
  (
    byId("saved-list").children[Math.min(place, items.length - 1)]?.querySelector("button") ?? byId("saved-close")
  ).focus();
  toast(t("saved.removed", { title: item.title }), async () => {
    if (!(await change(item, "save", true))) return;
    items.splice(place, 0, item);
    draw();
  });
}

/** The list by medium, one item a line with its address. */
function asText() {
  const line = ({ title, creator, year, url }) =>
    `- ${[title, creator, year].filter(Boolean).join(", ")}${webAddress(url) ? `\n  ${url}` : ""}`;
  return MEDIA.map((medium) => [medium, items.filter((item) => item.medium === medium)])
    .filter(([, some]) => some.length)
    .map(([medium, some]) => `${t(`media.${medium}`)}\n${some.map(line).join("\n")}\n`)
    .join("\n");
}
