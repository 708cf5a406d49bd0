"""The shelves, what a person can do with them, and what is kept of it."""

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from services.emotions import EMOTIONS
from tests.browser.steps import CARDS, place, predict, say, shown_titles

MEDIA = ["movie", "song", "book", "game"]


def test_cards(page: Page) -> None:
    """Each recommended item is on its shelf with its title, its reason and a link that is safe to follow."""
    items = say(page, "happy")["items"]
    for medium in MEDIA:
        assert shown_titles(page, medium) == [item["title"] for item in items if item["medium"] == medium]
    for item in items:
        card = page.locator(f"#item-{item['id']}")
        expect(card.locator(".card-reason")).to_have_text(item["reason"])
        link = card.locator(".card-title a")
        assert link.get_attribute("href") == httpx.URL(item["url"])
        assert link.get_attribute("target") == "_blank"
        assert "noopener" in (link.get_attribute("rel") or "")


def test_reasons_change(page: Page) -> None:
    """An item that stays on the shelf for another mood gets that mood's reason."""
    answer = say(page, "fear")
    other = json.loads(json.dumps(answer))
    for item in other["items"]:
        item["reason"] = f"Another reason for {item['id']}."
    page.route("**/recommend", lambda route: route.fulfill(json=other))
    say(page, "angry")
    for item in other["items"]:
        expect(page.locator(f"#item-{item['id']} .card-reason")).to_have_text(item["reason"])


def test_kept_buttons(page: Page) -> None:
    """Another answer keeps the cards of the items that stay, with the focus and what is pressed."""
    answer = say(page, "fear")
    kept = page.locator(f"#item-{answer['items'][1]['id']} [data-action=like]")
    kept.focus()
    before = kept.element_handle()
    other = json.loads(json.dumps(answer))
    other["items"] = [item | {"reason": "Another reason."} for item in other["items"][2::-1]]
    page.route("**/recommend", lambda route: route.fulfill(json=other))
    page.locator('#strategy input[value="match"]').dispatch_event("change")
    expect(page.locator(f"#item-{answer['items'][0]['id']} .card-reason")).to_have_text("Another reason.")
    expect(kept).to_be_focused()
    assert before is not None
    assert before.evaluate("(button) => button.isConnected")


def test_hover_moves_nothing(open_page: Callable[..., Page]) -> None:
    """Pointing at a card names it under the map and leaves the shelves where they are."""
    page = open_page("/?lang=de", viewport={"width": 1920, "height": 900})
    items = say(page, "sad")["items"]
    height = "document.querySelector('#shelf-list').offsetTop"
    before = page.evaluate(height)
    for item in items[:3]:
        page.locator(f"#item-{item['id']}").hover()
        expect(page.locator("#map-name")).to_contain_text(item["title"])
        assert page.evaluate(height) == before


def test_language_of_reasons(page: Page) -> None:
    """A change of the language asks for the reasons in it."""
    say(page, "happy")
    with page.expect_request("**/recommend") as request:
        page.get_by_label("Language", exact=True).select_option("de")
    assert request.value.header_value("accept-language") == "de"


@pytest.mark.parametrize(
    "title", ["君の名は。それでもボクはやってない千と千尋の神隠し" * 2, "Donaudampfschifffahrts" * 4]
)
def test_long_titles(open_page: Callable[..., Page], title: str) -> None:
    """A title without spaces wraps within its card, and the page does not scroll sideways."""
    page = open_page(viewport={"width": 320, "height": 800})

    def lengthen(route: Route) -> None:
        answer = route.fetch().json()
        for item in answer["items"]:
            item["title"] = item["creator"] = title
        route.fulfill(json=answer)

    page.route("**/recommend", lengthen)
    say(page, "happy")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    overflow = page.locator(".card-title").evaluate_all(
        "(all) => all.map((title) => title.scrollWidth - title.clientWidth)"
    )
    assert max(overflow) <= 0


def test_unsafe_data(page: Page) -> None:
    """Markup in a title is shown as text, and an address with another scheme than http becomes no link."""
    item: dict[str, Any] = {
        "id": 1,
        "medium": "movie",
        "title": "<img src=x onerror=alert(1)>",
        "creator": "<b>x</b>",
        "year": 1999,
    }
    item |= {
        "url": "javascript:alert(1)",
        "emotions": [],
        "valence": 0,
        "arousal": 0,
        "score": 1,
        "reason": "<i>",
    }
    answer = {
        "emotion": "sad",
        "probabilities": None,
        "strategy": "match",
        "target": {"valence": 0, "arousal": 0},
    }
    page.route("**/recommend", lambda route: route.fulfill(json=answer | {"items": [item]}))
    page.locator('.mood[data-emotion="sad"]').click()
    expect(page.locator(".card-title")).to_have_text(item["title"])
    expect(page.locator(".card-title a")).to_have_count(0)
    expect(page.locator(".card img")).to_have_count(0)


def test_facts(page: Page) -> None:
    """A card tells length, age, genres and further links, as far as they are known."""
    known = {"runtime_min": 96, "age_rating": "PG", "explicit": True, "genres": ["comedy", "family"]}
    links = [{"label": "Where to watch", "url": "https://example.org/"}, {"label": "x", "url": "data:,x"}]

    def add(route: Route) -> None:
        answer = route.fetch().json()
        answer["items"][0] |= {**known, "links": links}
        answer["items"][1] |= {"runtime_min": None, "age_rating": None, "explicit": None, "genres": []}
        route.fulfill(json=answer)

    page.route("**/recommend", add)
    items = say(page, "happy")["items"]
    card = page.locator(f"#item-{items[0]['id']}")
    expect(card.locator(".chip")).to_have_text(["1 h 36 min", "PG", "explicit", "comedy", "family"])
    expect(card.locator(".card-link")).to_have_text(["Where to watch"])
    expect(page.locator(f"#item-{items[1]['id']} .chip")).to_have_count(0)


def test_medium_switch(page: Page) -> None:
    """The switch shows one medium alone or all four."""
    say(page, "happy")
    page.get_by_label("Songs", exact=True).check()
    expect(page.locator(".shelf")).to_have_count(1)
    expect(page.get_by_role("heading", name="Songs")).to_be_visible()
    page.get_by_label("All", exact=True).check()
    expect(page.locator(".shelf")).to_have_count(4)


@pytest.mark.parametrize("strategy", ["match", "lift", "calm"])
def test_strategy_switch(page: Page, strategy: str) -> None:
    """Each strategy asks again for the same mood, and the map marks the aim of the answer."""
    say(page, "angry")
    with page.expect_response("**/recommend") as response:
        page.get_by_label(strategy.title(), exact=True).check()
    answer = response.value.json()
    assert answer["strategy"] == strategy
    assert answer["emotion"] == "angry"
    expect(page.locator("#shelf-list")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".map-aim")).to_have_count(0 if strategy == "match" else 1)


def test_map(page: Page) -> None:
    """The mood, the aim and each item lie at their valence and arousal; a hovered card's dot lights up."""
    answer = say(page, "sad")
    expect(page.locator(".map-item")).to_have_count(len(answer["items"]))
    mood, aim = page.locator(".map-mood circle"), page.locator(".map-aim circle")
    expect(mood).to_have_attribute("cx", "-63.0")
    expect(mood).to_have_attribute("cy", "27.0")
    target = answer["target"]
    place = [float(aim.get_attribute(axis) or "nan") for axis in ("cx", "cy")]
    assert place == pytest.approx([target["valence"] * 100, -target["arousal"] * 100], abs=0.06)
    page.locator(f"{CARDS}").first.hover()
    expect(page.locator(".map-item.lit")).to_have_count(1)


def test_map_names(page: Page) -> None:
    """A dot under the pointer or with the focus names its item; Enter leads to the card."""
    items = say(page, "sad")["items"]
    first = min(items, key=lambda item: item["valence"])
    dot = page.locator(f'.map-item[data-item="item-{first["id"]}"]')
    dot.dispatch_event("pointerover")  # others may lie on it
    expect(page.locator("#map-name")).to_contain_text(first["title"])
    page.locator(".map-axis").dispatch_event("pointerover")
    expect(page.locator("#map-name")).to_be_empty()
    expect(page.get_by_text("pleasant to the right")).to_be_visible()
    dot.focus()
    page.keyboard.press("ArrowRight")
    second = page.locator(".map-item:focus").get_attribute("data-item")
    assert second != f"item-{first['id']}"
    page.keyboard.press("Enter")
    expect(page.locator(f"#{second} .card-title a")).to_be_focused()


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("strategy", ["match", "lift", "calm"])
def test_map_labels(page: Page, emotion: str, strategy: str) -> None:
    """The names of the mood and the aim never lie on each other."""
    page.get_by_label("Language", exact=True).select_option("de")
    say(page, emotion)
    with page.expect_response("**/recommend"):
        page.locator(f'#strategy input[value="{strategy}"]').check()
    expect(page.locator("#shelf-list")).to_have_attribute("aria-busy", "false")
    boxes = [place(label) for label in page.locator(".map-mark text").all()]
    for one, other in combinations(boxes, 2):
        apart = abs(one["x"] - other["x"]) >= min(one["width"], other["width"]) * 0.9
        assert apart or abs(one["y"] - other["y"]) >= min(one["height"], other["height"]) * 0.8


def test_arrows(page: Page) -> None:
    """A shelf that is wider than the page has an arrow that leads on, then one that leads back."""
    say(page, "happy")
    shelf = page.locator(".shelf").first
    back, on = shelf.get_by_title("Back"), shelf.get_by_title("Further")
    expect(back).to_be_hidden()
    on.click()
    expect(back).to_be_visible()
    back.click()
    expect(back).to_be_hidden()


def test_shelf_keys(page: Page) -> None:
    """The keys left and right move from title to title."""
    say(page, "happy")
    links = page.locator('.shelf[data-medium="movie"] .card-title a')
    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(links.first).to_be_focused()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (360, 640)])
def test_phone_screen(
    open_page: Callable[..., Page], photos: dict[str, Path], width: int, height: int
) -> None:
    """On a phone the answer and the beginning of the first shelf share a screen; switches take a row each."""
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": width, "height": height})
    predict(page, photos["astronaut"])
    expect(page.locator("#verdict")).to_be_in_viewport(ratio=1)
    expect(page.locator(CARDS).first).to_be_in_viewport(ratio=0.2)
    rows = "(all) => all.map((one) => one.clientHeight)"
    assert max(page.locator("#controls .segmented, #controls .extras").evaluate_all(rows)) < 60


def test_share(page: Page, open_page: Callable[..., Page]) -> None:
    """The copied link holds the mood, the aim, the media and the filters after the "#", and opens them."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    say(page, "sad")
    page.get_by_label("Songs", exact=True).check()
    page.locator("#filter-genre").click()
    page.locator("#genres").get_by_label("Jazz", exact=True).check()
    page.keyboard.press("Escape")
    page.get_by_label("Decade").select_option("1990s")
    page.get_by_label("Family friendly").check()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#toast")).to_contain_text("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.partition("#")[2] == "mood=sad&aim=auto&media=song&genre=jazz&decade=1990&family=true"
    other = open_page("/#mood=sad&aim=calm&media=song&genre=pop&language=xx&decade=1980&family=true")
    expect(other.get_by_role("heading", name="For feeling sad")).to_be_visible()
    expect(other.get_by_label("Calm", exact=True)).to_be_checked()
    expect(other.locator(".shelf")).to_have_count(1)
    expect(other.locator("#filter-genre")).to_have_text("Pop")
    names = ("Original language", "Decade")
    assert [other.get_by_label(name, exact=True).input_value() for name in names] == ["", "1980"]
    expect(other.get_by_label("Family friendly")).to_be_checked()
    assert "#" not in other.url


def test_more(page: Page) -> None:
    """The button for more adds other items to the same shelf and moves the focus to the first of them."""
    say(page, "happy")
    before = shown_titles(page, "movie")
    with page.expect_response("**/recommend") as response:
        page.get_by_role("button", name="More films").click()
    new = [item["id"] for item in response.value.json()["items"]]
    assert new
    expect(page.locator(f"#item-{new[0]} a")).to_be_focused()
    after = shown_titles(page, "movie")
    assert after[: len(before)] == before
    ids = page.locator(f'.shelf[data-medium="movie"] {CARDS}').evaluate_all(
        "(all) => all.map((one) => one.id)"
    )
    assert len(ids) == len(set(ids)) == len(before) + len(new)


def test_held_back(page: Page) -> None:
    """What was held back is told above the shelves; a press shows it, another leaves it out again."""

    def hold_back(route: Route) -> None:
        answer = route.fetch().json()
        asked = (route.request.post_data_json or {}).get("sensitive")
        route.fulfill(json=answer | {"left_out": 0 if asked == "include" else 2})

    page.route("**/recommend", hold_back)
    say(page, "sad")
    care = page.locator("#care")
    expect(care).to_contain_text("2 works about suicide, self-harm or abuse are left out.")
    assert place(care)["y"] < place(page.locator(CARDS).first)["y"]
    care.get_by_role("button", name="Show them too").focus()
    page.keyboard.press("Enter")
    expect(care).to_contain_text("may be among these")
    expect(care.get_by_role("button", name="Leave them out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(care).to_contain_text("2 works")
    expect(care.get_by_role("button", name="Show them too")).to_be_focused()


def test_no_clear_mood(page: Page) -> None:
    """A mood that is not clear is no heading; the page says so instead."""
    flat = {"angry": 0.17, "fear": 0.17, "happy": 0.17, "sad": 0.17, "surprise": 0.16, "neutral": 0.16}
    kept = {"mood": {"emotion": "angry", "probabilities": flat}, "strategy": "auto", "medium": "all"}
    page.evaluate("(kept) => sessionStorage.setItem('expression.session', JSON.stringify(kept))", kept)
    page.reload()
    expect(page.get_by_role("heading", name="A bit of everything")).to_be_visible()
    expect(page.locator("#shelves-note")).to_contain_text("No clear mood shows.")
