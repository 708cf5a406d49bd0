/** The card of a recommended item. */

import { el, icon, setVars, webAddress } from "./dom.js";
import { t } from "./i18n.js";
import { giveOpinion, noteOpen, opinionOf } from "./opinions.js";

const ACTIONS = ["like", "dislike", "skip", "hide"];
const ICONS = { like: "like", dislike: "dislike", skip: "seen", hide: "hide" };

/**
 * @param {object} item
 * @param {(item: object) => void} onGone the item was marked as seen or hidden
 * @returns {HTMLLIElement}
 */
export function card(item, onGone) {
  const cover = el("div", { class: "cover", "aria-hidden": "true" }, icon(item.medium));
  setVars(cover, { hue: hue(item.valence), lift: ((item.arousal + 1) / 2).toFixed(2) });
  return el(
    "li",
    { class: "card", id: `item-${item.id}`, "data-medium": item.medium },
    cover,
    el(
      "div",
      { class: "card-body" },
      el("h4", { class: "card-title" }, title(item)),
      el("p", { class: "card-by", text: [item.creator, item.year].filter(Boolean).join(" · ") }),
      el("p", { class: "card-reason", lang: "en", text: item.reason }),
      actions(item, onGone),
    ),
  );
}

function title(item) {
  const address = webAddress(item.url);
  if (!address) return el("span", { text: item.title });
  const [, head, tail] = item.title.match(/^(.*?)(\S*)$/s);
  const last = el("span", { class: "tail", text: tail }); // the arrow never stands on a line of its own
  last.append(icon("out"), el("span", { class: "visually-hidden", text: ` (${t("item.open")})` }));
  const link = el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, head, last);
  link.addEventListener("click", () => noteOpen(item));
  link.addEventListener("auxclick", () => noteOpen(item));
  return link;
}

/** The buttons under an item: a toolbar with one tab stop, in which arrow keys move. */
function actions(item, onGone) {
  const buttons = ACTIONS.map((action, index) => {
    const label = t(`item.${action}`);
    return el(
      "button",
      {
        type: "button",
        class: "act",
        "data-action": action,
        "aria-label": label,
        title: label,
        tabindex: index ? -1 : 0,
      },
      icon(ICONS[action]),
    );
  });
  const press = () => {
    for (const button of buttons.slice(0, 2)) {
      button.setAttribute("aria-pressed", String(opinionOf(item) === button.dataset.action));
    }
  };
  press();
  const bar = el(
    "div",
    { class: "acts", role: "toolbar", "aria-label": t("item.actions", { title: item.title }) },
    ...buttons,
  );
  bar.addEventListener("click", async (event) => {
    const action = event.target.closest("button")?.dataset.action;
    if (!action || bar.hasAttribute("aria-busy")) return;
    bar.setAttribute("aria-busy", "true");
    const kept = await giveOpinion(item, action);
    bar.removeAttribute("aria-busy");
    press();
    if (kept && (action === "skip" || action === "hide")) onGone(item);
  });
  bar.addEventListener("keydown", (event) => rove(event, buttons));
  return bar;
}

function rove(event, buttons) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length);
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
}

/** The tint of a cover: from blue-violet for unpleasant to amber for pleasant. */
function hue(valence) {
  return Math.round(260 - ((valence + 1) / 2) * 220);
}
