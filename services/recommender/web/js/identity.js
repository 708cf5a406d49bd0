/** The anonymous id, for people who share or change devices: show, copy, enter another, make a new one, download. */

import { fetchExport } from "./api.js";
import { byId, copy, download, toast } from "./dom.js";
import { t } from "./i18n.js";
import { sentence } from "./problems.js";
import { randomId, setUserId, userId } from "./user.js";

/** @param {() => void} onChange another id is in use */
export function setUpIdentity(onChange) {
  const use = (id, words) => {
    const before = userId();
    setUserId(id);
    onChange();
    toast(t(words), () => {
      setUserId(before);
      onChange();
    });
  };
  byId("id-copy").addEventListener("click", async () => {
    if (await copy(userId())) toast(t("id.copied"));
  });
  byId("id-new").addEventListener("click", () => use(randomId(), "id.made"));
  byId("id-form").addEventListener("submit", (event) => {
    event.preventDefault();
    use(byId("id-other").value.trim(), "id.used");
    byId("id-other").value = "";
  });
  byId("id-download").addEventListener("click", async () => {
    try {
      const kept = await fetchExport(userId());
      download("expression-recommender.json", JSON.stringify(kept, null, 2), "application/json");
    } catch (error) {
      toast(sentence(error));
    }
  });
}

export function drawIdentity() {
  const id = userId();
  byId("id-shown").textContent = id ?? t("id.none");
  byId("id-copy").hidden = byId("id-download").hidden = !id;
}
