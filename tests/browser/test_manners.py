"""Accessibility, screen sizes, colours, languages, installation, and rules for the page's source."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from services.recommender.settings import WEB_DIR
from tests.browser.conftest import Watch
from tests.browser.steps import CARDS, choose, predict, say

WIDTHS = {"phone": 320, "tablet": 768, "desktop": 1280}
SHELL_FOLDERS = ("css", "js", "strings")


def assert_accessible(page: Page) -> None:
    """Lets axe-core look for violations of WCAG 2.2 A and AA and of its best practices."""
    page.evaluate(
        "Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))"
    )
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize("width", [320, 1920])
@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_shelves(open_page: Callable[..., Page], colours: Any, lang: str, width: int) -> None:
    """axe-core finds nothing on the shelves in any language, colours and width, nor in the two dialogs."""
    page = open_page(
        f"/?lang={lang}",
        color_scheme=colours,
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )
    answer = say(page, "sad")
    page.locator(f"#item-{answer['items'][0]['id']} [data-action=save]").click()
    expect(page.locator("#toast.shown")).to_be_visible()
    assert_accessible(page)
    if width == 320:
        page.locator("#filters-open").click()
    page.locator("#filter-genre").click()
    page.locator("#genres").get_by_label("Jazz").click()
    expect(page.locator(".none").first).to_be_visible()
    assert_accessible(page)
    page.locator("#filter-clear").click()
    page.locator(f"{CARDS} [data-action=similar]").first.click()
    expect(page.locator("#found .card").first).to_be_visible()
    assert_accessible(page)
    for name in ("saved", "history"):
        page.locator(f"#{name}-open").click()
        expect(page.locator(f"#{name}-list li").first).to_be_visible()
        assert_accessible(page)
        page.keyboard.press("Escape")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe(open_page: Callable[..., Page], photos: dict[str, Path], colours: Any, watch: Watch) -> None:
    """axe-core finds nothing in any state: empty, notice, photo, faces, shelves, history, problem."""
    page = open_page(consent=False, color_scheme=colours, reduced_motion="reduce")
    assert_accessible(page)
    choose(page, photos["two"])
    assert_accessible(page)
    page.get_by_role("button", name="I understand, go on").click()
    predict(page, photos["two"])
    assert_accessible(page)
    page.get_by_role("button", name="History").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    watch.allow("Failed to load resource")
    choose(page, photos["lies"])
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#photo-problem")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_width(open_page: Callable[..., Page], photos: dict[str, Path], width: int) -> None:
    """From 320 pixels up the page never scrolls sideways, even in the language with the longer words."""
    page = open_page("/?lang=de", viewport={"width": width, "height": 800})

    def overflow() -> int:
        pixels: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return pixels

    assert overflow() <= 0
    choose(page, photos["two"])
    page.get_by_role("button", name="Auswerten").click()
    expect(page.locator(CARDS).first).to_be_visible()
    assert overflow() <= 0
    page.get_by_role("button", name="Verlauf").click()
    assert overflow() <= 0


def test_consent_fits(open_page: Callable[..., Page]) -> None:
    """Both buttons of the notice are on a small phone's screen."""
    page = open_page("/?lang=de", consent=False, viewport={"width": 360, "height": 640})
    page.get_by_role("button", name="Foto auswählen").click()
    for name in ("Verstanden, weiter", "Kein Foto, ich wähle die Stimmung selbst"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


def tab_to(page: Page, name: str, *, limit: int = 60) -> None:
    """Presses Tab until the focus is on what has this accessible name."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText.trim()"
        )
        if focused == name:
            return
    raise AssertionError(f"Tab never reached {name!r}")


def test_keyboard(open_page: Callable[..., Page]) -> None:
    """The keyboard alone reaches a sample, the notice, the strategies and the opinions."""
    page = open_page(consent=False)
    tab_to(page, "Skip to the recommendations")
    tab_to(page, "Sample: an astronaut's portrait")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="I understand, go on")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(CARDS).first).to_be_visible()
    expect(page.get_by_role("heading", name="What the face shows")).to_be_focused()
    page.locator("#shelves").focus()  # where the skip link leads
    page.keyboard.press("Tab")
    expect(page.get_by_label("For me")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Match", exact=True)).to_be_checked()
    expect(page.locator("#shelf-list")).to_have_attribute("aria-busy", "false")
    tab_to(page, "Like")
    page.keyboard.press("ArrowRight")
    focused = page.locator(":focus")
    expect(focused).to_have_attribute("data-action", "dislike")


def test_skip_link(page: Page) -> None:
    """The first tab stop leads to the shelves."""
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#shelves")).to_be_focused()


def test_focus_outline(page: Page) -> None:
    """The element with the keyboard's focus has an outline of three pixels."""
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"


def test_screen_reader(page: Page, photos: dict[str, Path]) -> None:
    """The status line says what was read and how many items were recommended."""
    predict(page, photos["astronaut"])
    expect(page.get_by_role("status").first).to_have_text(
        re.compile(r"The face looks happy, \d+%\. Recommendations follow\.")
    )
    count = len(say(page, "sad")["items"])
    expect(page.get_by_role("status").first).to_have_text(f"{count} recommendations for feeling sad.")


def test_reduced_motion(open_page: Callable[..., Page]) -> None:
    """Nothing moves for a person who asked for reduced motion."""
    page = open_page(reduced_motion="reduce")
    say(page, "happy")
    assert page.evaluate("document.getAnimations().length") == 0


def test_theme(open_page: Callable[..., Page]) -> None:
    """The colours follow the system until the person chooses, and the choice stays after a reload."""
    page = open_page(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Colours: as the system").click()
    light = page.evaluate(ground)
    assert dark != light
    page.reload()
    expect(page.get_by_role("button", name="Colours: light")).to_be_visible()
    assert page.evaluate(ground) == light


def test_language_switch(page: Page, photos: dict[str, Path]) -> None:
    """Choosing a language translates the page at once, and the choice stays after a reload."""
    predict(page, photos["astronaut"])
    page.get_by_label("Language", exact=True).select_option("de")
    expect(page.locator("#verdict")).to_contain_text("Wirkt fröhlich")
    expect(page.get_by_role("heading", name="Wenn du dich fröhlich fühlst")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.reload()
    expect(page.get_by_role("heading", name="Dein Foto")).to_be_visible()


def test_browser_language(open_page: Callable[..., Page]) -> None:
    """A new visitor gets the language that the browser prefers."""
    page = open_page(locale="de-AT")
    expect(page.get_by_role("heading", name="Dein Foto")).to_be_visible()


def keys_of(path: Path) -> list[str]:
    return re.findall(r'^  "([\w.]+)":', path.read_text(), re.MULTILINE)


def test_strings() -> None:
    """All languages have the same keys in the same order, each once, and the page uses no other."""
    english, german = (keys_of(WEB_DIR / "strings" / f"{code}.js") for code in ("en", "de"))
    assert english == german
    assert len(english) == len(set(english))
    sources = "".join(path.read_text() for path in [WEB_DIR / "index.html", *(WEB_DIR / "js").glob("*.js")])
    used = set(re.findall(r'data-(?:text|label)="([\w.]+)"|\bt\("([\w.]+)"', sources))
    missing = {a or b for a, b in used} - set(english)
    assert {key for key in missing if f"{key}.other" not in english} == set()


def test_owners() -> None:
    """Each element with an id is looked up by one module only."""
    owners: dict[str, set[str]] = {}
    for path in (WEB_DIR / "js").glob("*.js"):
        for name in re.findall(r'\bbyId\("([\w-]+)"\)', path.read_text()):
            owners.setdefault(name, set()).add(path.name)
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}
    assert owners["preview"] == {"stage.js"}


def test_offline_shell(open_page: Callable[..., Page], watch: Watch) -> None:
    """Exactly the page's own files are kept, the page opens offline, and the manifest's icons exist."""
    page = open_page()
    page.evaluate("navigator.serviceWorker.ready.then(() => {})")
    say(page, "happy")
    kept = page.evaluate(
        "caches.open('shell-1').then((c) => c.keys()).then((all) => all.map((one) => one.url))"
    )
    names = {url.removeprefix(page.url) for url in kept}
    files = {
        str(path.relative_to(WEB_DIR)) for path in WEB_DIR.rglob("*") if path.parent.name in SHELL_FOLDERS
    }
    assert names == files | {"", "manifest.webmanifest", "icons/icon.svg", "icons/icons.svg"}
    watch.allow("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="Your photo")).to_be_visible()
    manifest = json.loads((WEB_DIR / "manifest.webmanifest").read_text())
    assert all((WEB_DIR / icon["src"]).exists() for icon in manifest["icons"])


def test_nothing_else_kept(open_page: Callable[..., Page], photos: dict[str, Path]) -> None:
    """Neither the cache nor the storage holds a photo or an answer."""
    page = open_page()
    page.evaluate("navigator.serviceWorker.ready.then(() => {})")
    predict(page, photos["astronaut"])
    kept = page.evaluate(
        """async () => {
            const names = await caches.keys();
            const caches_ = await Promise.all(names.map((name) => caches.open(name)));
            const all = await Promise.all(caches_.map((cache) => cache.keys()));
            return all.flat().map((one) => one.url);
        }"""
    )
    assert not [url for url in kept if "recommend" in url.rpartition("/js/")[0] or "predict" in url]
    stored = page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert "base64" not in stored
    assert len(stored) < 2000
