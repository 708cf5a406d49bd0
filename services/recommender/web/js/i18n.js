/** The page's words and numbers in the chosen language. Each language is a file in ../strings, loaded when chosen. */

import { read, write } from "./store.js";

const LANGUAGES = ["en", "de"];

let strings = {};
let genres = {};
let current = "en";

/** The language in use, as a BCP 47 tag. */
export function language() {
  return current;
}

/** The language of ?lang=, else the one chosen before, else the browser's, else English. */
export function preferredLanguage() {
  const asked = [new URLSearchParams(location.search).get("lang"), read("language"), ...navigator.languages];
  const short = asked.filter(Boolean).map((tag) => tag.slice(0, 2).toLowerCase());
  return short.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/** Loads a language, puts its words on the page and calls the listeners of `onLanguage`. */
export async function setLanguage(code) {
  ({ default: strings, genres = {} } = await import(`../strings/${code}.js`));
  current = code;
  document.documentElement.lang = code;
  translate(document);
  document.dispatchEvent(new Event("language"));
}

/** Remembers the choice for the next visit. */
export function rememberLanguage(code) {
  write("language", code);
}

/**
 * The words for a key, with {names} filled in. A number {n} picks between ".one" and ".other" where they exist.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function t(key, values = {}) {
  let found = strings[key];
  if (found === undefined && "n" in values) {
    found = strings[`${key}.${new Intl.PluralRules(current).select(values.n)}`] ?? strings[`${key}.other`];
  }
  return (found ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Calls `draw` now and after each change of language. */
export function onLanguage(draw) {
  document.addEventListener("language", draw);
  draw();
}

/** 0.934 as "93 %", the way the language writes it; what would round to nothing is "<1 %". */
export function percent(share) {
  if (share > 0 && share < 0.005) return `<${percent(0.01)}`;
  return new Intl.NumberFormat(current, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** A number with at most this many decimals, the way the language writes it. */
export function number(value, decimals = 0) {
  return new Intl.NumberFormat(current, { maximumFractionDigits: decimals }).format(value);
}

/** A genre's name; what the strings do not have keeps the catalogue's own name. */
export function genre(name) {
  return genres[name] ?? name;
}

/** The name of a language by its code. */
export function languageName(code) {
  return new Intl.DisplayNames(current, { type: "language" }).of(code);
}

/** 96 minutes as "1 h 36 min". */
export function duration(minutes) {
  const hours = Math.floor(minutes / 60);
  return [hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(" ");
}

/** A moment, in the way of the person's own region where that speaks the language in use. */
export function moment(at) {
  const own = navigator.languages.find((tag) => tag.startsWith(current)) ?? current;
  return new Intl.DateTimeFormat(own, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}

function translate(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.matches("button")) element.title = t(element.dataset.label);
    if (element.matches("input")) element.placeholder = t(element.dataset.label);
  }
}
