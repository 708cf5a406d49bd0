/**
 * Finds items by words, or like another one, and shows them on a shelf of their own: above the others, or below the one
 * with the card that was asked about.
 */

import { searchItems, similarItems } from "./api.js";
import { announce, byId, el, icon } from "./dom.js";
import { emptyWords, filterOptions } from "./filters.js";
import { onLanguage, t } from "./i18n.js";
import { cancelled, sentence } from "./problems.js";
import { makeShelf } from "./shelf.js";
import { subscribe, update } from "./state.js";

let running = new AbortController();

/**
 * What was opened, the last one is on the page: its title, icon and way back, how its items are asked for, what had
 * the focus before, and once it was shown, its `items` or `failure` and its `shelf`.
 * @type {{title: () => string, icon: string, back: string, ask: (signal: AbortSignal) => Promise<{items: object[]}>,
 *   opener: HTMLElement, where: string, items?: object[], failure?: string, shelf?: object}[]}
 */
let trail = [];

/** Where results and similar items are shown. */
export const resultsPanel = () => byId("found");

export function setUpFind() {
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const words = byId("find-words").value.trim();
    if (!words) return;
    trail = [];
    open({
      title: () => t("find.title", { words }),
      icon: "search",
      back: "find.close",
      ask: (signal) => searchItems({ q: words, ...filterOptions() }, signal),
      opener: byId("find-words"),
      where: "above",
    });
  });
  // Its own "clear" cross.
  byId("find-words").addEventListener("search", ({ target }) => target.value || goBack(0));
  document.addEventListener("similar", ({ target, detail: item }) =>
    open({
      title: () => t("similar.title", { title: item.title }),
      icon: "similar",
      back: "similar.back",
      ask: (signal) => similarItems(item.id, signal),
      opener: target,
      where: target.closest("#found") ? trail.at(-1).where : item.medium,
    }),
  );
  subscribe(["opinions"], () => trail.at(-1)?.shelf.drawOpinions());
  onLanguage(() => {
    for (const view of trail) view.shelf = null;
    draw();
  });
}

/** Asks once more for what is on the page, after the filters were changed. */
export async function findAgain() {
  if (trail.length) await ask(trail.at(-1));
}

async function open(view) {
  if (!(await ask(view))) return;
  const found = resultsPanel();
  found.scrollIntoView({ block: "nearest" });
  (found.querySelector(".card-title a") ?? found.querySelector("button")).focus({ preventScroll: true });
}

/** Asks for a view's items and shows them. @returns {Promise<boolean>} false if something else was asked for meanwhile */
async function ask(view) {
  running.abort();
  running = new AbortController();
  try {
    Object.assign(view, { ...(await view.ask(running.signal)), failure: "" });
  } catch (error) {
    if (cancelled(error)) return false;
    Object.assign(view, { items: [], failure: sentence(error) });
  }
  if (trail.at(-1) !== view) trail.push(view);
  draw();
  announce(view.failure || (view.items.length ? t("find.found", { n: view.items.length }) : t("find.none")));
  return true;
}

function draw() {
  const view = trail.at(-1);
  resultsPanel().hidden = !view;
  update({ finding: view?.where ?? "" });
  if (!view) return;
  view.shelf ??= makeShelf(
    [
      icon(view.icon),
      el("h3", { text: view.title() }),
      el(
        "button",
        { type: "button", class: "quiet more", on: { click: () => goBack(trail.length - 1) } },
        icon("back"),
        t(view.back),
      ),
    ],
    () => () => {}, // a found item stays in the list, whatever is said of it
  );
  view.shelf.fill(view.items, view.failure ? [view.failure] : emptyWords(t("find.none")));
  resultsPanel().replaceChildren(view.shelf.section);
}

/** Goes back to the view at this place of the trail or, from the first one, to the shelves. */
function goBack(place) {
  running.abort();
  const { opener } = trail[place] ?? {};
  trail = trail.slice(0, place);
  draw();
  if (!trail.length) byId("find-words").value = "";
  (opener?.isConnected ? opener : byId("find-words")).focus();
}
