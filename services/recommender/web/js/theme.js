/** The button that switches between light, dark and the system's colours. */

import { byId } from "./dom.js";
import { onLanguage, t } from "./i18n.js";
import { read, write } from "./store.js";

const THEMES = ["auto", "light", "dark"];

export function setUpTheme() {
  const button = byId("theme");
  let theme = THEMES.includes(read("theme")) ? read("theme") : "auto";
  const draw = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-label", t(`theme.${theme}`));
    button.title = t(`theme.${theme}`);
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    write("theme", theme);
    draw();
  });
  onLanguage(draw);
}
