/** A row of cards that goes on sideways: with arrows where it is wider than the page, and the keys left and right. */

import { card, drawOpinions, drawReason } from "./card.js";
import { el, icon } from "./dom.js";
import { t } from "./i18n.js";

/**
 * @param {Node[]} head what stands above the cards
 * @param {(item: object) => () => void} onGone of the cards
 * @param {Record<string, string>} [attributes]
 */
export function makeShelf(head, onGone, attributes = {}) {
  /** The cards by item id. @type {Map<number, {item: object, node: HTMLElement}>} */
  const cards = new Map();
  const list = el("ul", { class: "cards" });
  const arrows = [-1, 1].map((way) => {
    const label = t(way < 0 ? "shelf.back" : "shelf.on");
    const turn = () => list.scrollBy({ left: way * list.clientWidth * 0.85, behavior: calm() ? "instant" : "smooth" });
    // The keyboard moves from card to card instead.
    const how = {
      type: "button",
      class: "arrow",
      title: label,
      "aria-label": label,
      tabindex: -1,
      on: { click: turn },
    };
    return el("button", { ...how, "data-way": way < 0 ? "back" : "on" }, icon(way < 0 ? "back" : "on"));
  });
  const row = el("div", { class: "cards-row" }, list, ...arrows);
  const section = el("section", { class: "shelf", ...attributes }, el("header", { class: "shelf-head" }, ...head), row);
  const measure = () => {
    const rest = list.scrollWidth - list.clientWidth;
    arrows[0].hidden = list.scrollLeft < 8;
    arrows[1].hidden = rest - list.scrollLeft < 8;
    row.classList.toggle("goes-on", !arrows[1].hidden);
  };
  list.addEventListener("scroll", measure, { passive: true });
  list.addEventListener("keydown", (event) => moveBetween(event, list));
  new ResizeObserver(measure).observe(list);

  /**
   * Puts cards for these items on the shelf; what is there already keeps its card.
   * @param {object[]} items
   * @param {(Node|string)[]} none what stands there if there are none
   */
  function fill(items, none) {
    for (const id of cards.keys()) if (!items.some((item) => item.id === id)) cards.delete(id);
    const nodes = items.map((item) => {
      const held = cards.get(item.id);
      const node = held && isSame(held.item, item) ? held.node : card(item, onGone);
      drawReason(node, item);
      cards.set(item.id, { item, node });
      return node;
    });
    arrange(list, nodes.length ? nodes : [el("li", { class: "none" }, ...none)]);
    measure();
  }

  return {
    section,
    fill,
    focus: (id) => cards.get(id)?.node.querySelector("a, button")?.focus(),
    drawOpinions: () => {
      for (const { item, node } of cards.values()) drawOpinions(node, item);
    },
  };
}

/** Whether two answers tell the same of an item, apart from why they recommend it. */
function isSame(one, other) {
  const facts = (item) => JSON.stringify({ ...item, reason: "", score: 0 });
  return one === other || facts(one) === facts(other);
}

/** Makes `nodes` the children of `list`; one that keeps its place is not touched, so a press on it is never lost. */
function arrange(list, nodes) {
  const focused = document.activeElement;
  for (const child of [...list.children]) if (!nodes.includes(child)) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  // A node that moves loses the focus.
  if (list.contains(focused)) focused.focus({ preventScroll: true });
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Left and right on a card's title move to the title of the next card. */
function moveBetween(event, list) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || !event.target.matches(".card-title a")) return;
  const links = [...list.querySelectorAll(".card-title a")];
  const next = links[links.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
