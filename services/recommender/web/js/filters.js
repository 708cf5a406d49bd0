/** The filters of the shelves and of search results: genre, language, decade, family friendly. */

import { byId, el } from "./dom.js";
import { genre, language, languageName, t } from "./i18n.js";
import { NO_FILTERS, state, subscribe, update } from "./state.js";

const split = (names) => names.split(",");

/** The genres that can be chosen for each medium, as the catalogue names them. */
const GENRES = {
  movie: split(
    "action,adventure,animation,biography,comedy,crime,documentary,drama,family,fantasy,history,horror,musical,mystery,romance,science fiction,superhero,thriller,war,western",
  ),
  song: split(
    "alternative,blues,classical,country,dance,disco,easy listening,electronic,folk,funk,hip hop,indie,jazz,latin,metal,pop,punk,r b,reggae,rock,soul",
  ),
  book: split(
    "adventure,biography,classic,comedy,comic,crime,family,fantasy,historical,history,horror,literary,memoir,mystery,nonfiction,philosophy,poetry,romance,science fiction,short story,thriller,war,young adult",
  ),
  game: split(
    "action,adventure,comedy,cooperative,family,fantasy,fighting,horror,multiplayer,open world,platformer,puzzle,racing,relaxing,rpg,science fiction,shooter,simulation,sports,strategy,survival",
  ),
};
const LANGUAGES = split("en,de,es,fr,it,pt,ru,tr,da,sv,hi,ja,ko,zh");
/** The catalogue knows no language of these. */
const WITHOUT_LANGUAGE = ["song", "game"];
const OLDEST = 1950;
const DECADES = split("2020,2010,2000,1990,1980,1970,1960,1950,older");

const ALL_GENRES = Object.values(GENRES).flat();
const MOST_GENRES = 10;
/** The filters that are one of several values. */
const KNOWN = { language: LANGUAGES, decade: DECADES };

/** The filters as every route that takes them knows them; none for what is not set. */
export function filterOptions() {
  const { genre: names, language, decade, family } = state.filters;
  return {
    ...(names.length && { genre: names }),
    ...(language && { language }),
    ...(decade && years(decade)),
    ...(family && { family }),
  };
}

function years(decade) {
  return decade === "older" ? { year_to: OLDEST - 1 } : { year_from: +decade, year_to: +decade + 9 };
}

/** The filters that are set, as words for an address. */
export const filterWords = () =>
  Object.fromEntries(
    Object.entries(state.filters)
      .filter(([, value]) => isSet(value))
      .map(([name, value]) => [name, String(value)]),
  );

/** The filters that an address names; unknown values are none. @param {URLSearchParams} words */
export function filtersIn(words) {
  const known = Object.entries(KNOWN).map(([name, values]) => [name, values.find((one) => one === words.get(name))]);
  const names = new Set(split(words.get("genre") ?? "").filter((name) => ALL_GENRES.includes(name)));
  return {
    ...NO_FILTERS,
    ...Object.fromEntries(known.filter(([, value]) => value)),
    genre: [...names].slice(0, MOST_GENRES),
    family: words.has("family"),
  };
}

const isSet = (value) => Boolean(value.length ?? value);
const areSet = () => Object.values(state.filters).some(isSet);

/** @param {() => void} onChange called after a filter was changed */
export function setUpFilters(onChange) {
  const set = (patch) => {
    update({ filters: { ...state.filters, ...patch } });
    onChange();
  };
  for (const name of Object.keys(KNOWN)) {
    byId(`filter-${name}`).addEventListener("change", ({ target }) => set({ [name]: target.value }));
  }
  byId("genres").addEventListener("change", () => {
    const checked = [...byId("genres").querySelectorAll(":checked")];
    set({ genre: checked.map(({ value }) => value) });
  });
  byId("filter-family").addEventListener("change", ({ target }) => set({ family: target.checked }));
  byId("filters-open").addEventListener("click", ({ currentTarget: button }) => {
    button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
  });
  // Of several buttons that clear, one is here and others are on empty shelves, which they leave.
  document.addEventListener("click", ({ target }) => {
    if (!target.matches(".filters-clear")) return;
    set(target.dataset.clears === "language" ? { language: "" } : NO_FILTERS);
    [byId("filters-open"), byId("filter-genre")].find((one) => one.checkVisibility()).focus();
  });
  subscribe(["filters", "medium"], draw);
}

/**
 * What stands on a shelf without cards: these words, or that the filters leave it empty.
 * @param {string} [medium] of the shelf
 * @returns {(Node|string)[]}
 */
export function emptyWords(words, medium) {
  if (!areSet()) return [words];
  const clear = (text, clears) =>
    el("button", { type: "button", class: "link filters-clear", "data-clears": clears, text });
  if (state.filters.language && WITHOUT_LANGUAGE.includes(medium)) {
    return [`${t(`filter.none.${medium}`)} `, clear(t("filter.any.language"), "language")];
  }
  return [`${t("filter.none")} `, clear(t("filter.clear"), "all")];
}

function draw({ filters, medium }) {
  drawGenres(filters.genre, medium === "all" ? ALL_GENRES : GENRES[medium]);
  fill(
    "language",
    LANGUAGES.map((code) => [code, languageName(code)]),
  );
  fill(
    "decade",
    DECADES.map((year) => [year, year === "older" ? t("filter.older", { year: OLDEST }) : t("filter.years", { year })]),
  );
  byId("filter-family").checked = filters.family;
  byId("filter-clear").hidden = !areSet();
  const count = Object.values(filters).filter(isSet).length;
  byId("filters-title").textContent = t("filter.title") + (count ? ` (${count})` : "");
}

/** The genres of the medium as boxes, and on the button which are chosen. */
function drawGenres(chosen, offered) {
  const named = [...new Set([...offered, ...chosen])].map((name) => [name, capital(genre(name))]);
  named.sort(([, a], [, b]) => a.localeCompare(b));
  const list = byId("genres");
  const boxes = () => [...list.querySelectorAll("input")];
  const same =
    list.lang === language() &&
    boxes()
      .map(({ value }) => value)
      .join() === named.map(([name]) => name).join();
  if (!same) {
    list.lang = language();
    list.replaceChildren(
      ...named.map(([value, text]) => el("label", { class: "check" }, el("input", { type: "checkbox", value }), text)),
    );
  }
  for (const box of boxes()) {
    box.checked = chosen.includes(box.value);
    box.disabled = !box.checked && chosen.length >= MOST_GENRES;
  }
  const button = byId("filter-genre");
  const words = named.filter(([name]) => chosen.includes(name)).map(([, text]) => text);
  button.textContent = words.join(", ") || t("filter.any.genre");
  button.setAttribute("aria-label", `${t("filter.genre")}: ${button.textContent}`);
  button.classList.toggle("set", words.length > 0);
}

function fill(name, choices) {
  const select = byId(`filter-${name}`);
  const options = [["", t(`filter.any.${name}`)], ...choices];
  select.replaceChildren(...options.map(([value, text]) => el("option", { value, text })));
  select.value = state.filters[name];
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
