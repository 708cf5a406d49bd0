/** Building elements without ever parsing data as markup. */

const SVG = "http://www.w3.org/2000/svg";

/** The element with this id; throws early if the page and its scripts drift apart. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/**
 * An HTML element.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `text` is the text content, `on` a map of listeners,
 *   `vars` CSS custom properties (set through the CSSOM, which a strict CSP allows); false and null are left out
 * @param {...(Node|string|null)} children
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
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") element.textContent = String(value);
    else if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "vars") setVars(element, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Sets CSS custom properties, for example {x: "12%"} for var(--x). */
export function setVars(element, vars) {
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(`--${name}`, String(value));
}

/** A decorative icon from the sprite. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `icons/icons.svg#${name}` }));
}

/** The address if it is a web address, else null: a link from data never runs a script. */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

let announced = 0;

/** Tells a screen reader, politely; the latest message wins. */
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

/** A short note for the eye, and the same for the ear. */
export function toast(message) {
  const note = byId("toast");
  note.textContent = message;
  note.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => note.classList.remove("shown"), 4000);
  announce(message);
}
