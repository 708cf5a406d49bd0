/** Finds and builds elements; no data is ever parsed as markup. */

import { t } from "./i18n.js";

const SVG = "http://www.w3.org/2000/svg";

/** The element with this id; throws if there is none. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/**
 * An HTML element.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `text` is the text content, `on` a map of listeners
 * @param {...(Node|string)} children
 */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** As `el`, for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = String(value);
    else if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Sets CSS custom properties, for example {x: "12%"} for var(--x); a strict CSP allows this way alone. */
export function setVars(element, vars) {
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(`--${name}`, String(value));
}

/** A decorative icon from the sprite. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `icons/icons.svg#${name}` }));
}

/** The address if it begins with http or https, else null: a link made of data must not run a script. */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

let announced = 0;

/** Tells a screen reader when it is idle; a later message replaces one that was not read yet. */
export function announce(message) {
  const turn = ++announced;
  const status = byId("status");
  status.textContent = "";
  // The same text twice in a row is read again only if the region was empty in between.
  requestAnimationFrame(() => {
    if (turn === announced) status.textContent = message;
  });
}

let toastTimer = 0;
/** What the note that is shown offers to undo, if anything. */
let undoShown = null;

const TOAST_MS = 6000;
/** The part of the window at the bottom where the note lies. */
const LOW_PX = 130;

/**
 * Shows a short note for some seconds, longer while it is pointed at, and tells a screen reader the same.
 * @param {string} message
 * @param {() => void} [undo] offered as a button
 */
export function toast(message, undo) {
  const note = byId("toast");
  const hide = () => {
    note.classList.remove("shown");
    undoShown = null;
  };
  const wait = () => {
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => (note.matches(":hover, :focus-within") ? wait() : hide()), TOAST_MS);
  };
  const press = () => {
    hide();
    undo();
  };
  undoShown = undo && press;
  const how = { type: "button", class: "undo", title: "Ctrl+Z", "aria-keyshortcuts": "Control+Z Meta+Z" };
  const button = undo && el("button", { ...how, text: t("undo"), on: { click: press } });
  note.replaceChildren(el("span", { text: message }), ...(button ? [button] : []));
  // Behind an open dialog it could not be pressed.
  (document.querySelector("dialog[open]") ?? document.querySelector("main")).append(note);
  // Over what was just pressed it would take the next press.
  const pressed = document.activeElement.closest("button")?.getBoundingClientRect();
  note.classList.toggle("high", pressed?.bottom > innerHeight - LOW_PX);
  note.classList.add("shown");
  wait();
  announce(message);
}

/** Lets Ctrl+Z undo what the note offers: its button may be many tab stops away. */
export function setUpUndo() {
  document.addEventListener("keydown", (event) => {
    if (!undoShown || event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input")) return;
    event.preventDefault();
    undoShown();
  });
}

/** Copies a text; also on pages without https, where there is no clipboard. @returns {Promise<boolean>} */
export async function copy(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const field = el("textarea", { class: "visually-hidden" });
  field.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

/** Lets the person save a file that the page made. */
export function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
