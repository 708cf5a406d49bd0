/** Finds items by words and shows them on a shelf of their own above the others. */

import { searchItems } from "./api.js";
import { announce, byId, el, icon } from "./dom.js";
import { onLanguage, t } from "./i18n.js";
import { cancelled, sentence } from "./problems.js";
import { makeShelf } from "./shelf.js";
import { subscribe } from "./state.js";

let running = new AbortController();
/** The shelf that is shown, and how to draw it again in another language. */
let shelf = null;
let again = null;
/** What had the focus before, to give it back. */
let opener = null;

export function setUpFind() {
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const words = byId("find-words").value.trim();
    if (words) show(t("find.title", { words }), (signal) => searchItems(words, signal), byId("find-words"));
  });
  byId("find-words").addEventListener("search", ({ target }) => target.value || close()); // its own "clear" cross
  subscribe(["opinions"], () => shelf?.drawOpinions());
  onLanguage(() => again?.());
}

async function show(words, ask, from) {
  running.abort();
  running = new AbortController();
  opener = from;
  const { signal } = running;
  try {
    const { items } = await ask(signal);
    draw(words, items);
    again = () => draw(words, items);
    announce(items.length ? t("find.found", { n: items.length }) : t("find.none"));
    byId("found").scrollIntoView({ block: "start" });
    const found = byId("found");
    (found.querySelector(".card-title a") ?? found.querySelector("button")).focus({ preventScroll: true });
  } catch (error) {
    if (!cancelled(error)) {
      draw(words, [], sentence(error));
      announce(sentence(error));
    }
  }
}

function draw(words, items, none = t("find.none")) {
  const label = t("find.close");
  const head = [
    icon("search"),
    el("h3", { text: words }),
    el(
      "button",
      { type: "button", class: "quiet icon-only more", title: label, "aria-label": label, on: { click: close } },
      icon("close"),
    ),
  ];
  // A found item stays in the list, whatever is said of it.
  shelf = makeShelf(head, () => () => {});
  shelf.fill(items, none);
  byId("found").replaceChildren(shelf.section);
  byId("found").hidden = false;
}

function close() {
  running.abort();
  shelf = again = null;
  byId("found").hidden = true;
  byId("found").replaceChildren();
  byId("find-words").value = "";
  (opener?.isConnected ? opener : byId("find-words")).focus();
}
