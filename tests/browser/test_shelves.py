"""The shelves, what a person can do with them, and what is kept of it."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import CARDS, predict, say, shown_titles

MEDIA = ["movie", "song", "book", "game"]


def user_id(page: Page) -> str | None:
    kept = page.evaluate("localStorage.getItem('expression.user')")
    return json.loads(kept) if kept else None


def press(page: Page, card_id: str, action: str) -> None:
    with page.expect_response("**/feedback") as response:
        page.locator(f"#{card_id} [data-action={action}]").click()
    assert response.value.status == 201


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
    expect(page.locator(".map-mood")).to_have_attribute("transform", "translate(-63.0 27.0)")
    target = answer["target"]
    moved = page.locator(".map-aim").get_attribute("transform")
    assert moved is not None
    x, y = (float(n) for n in re.findall(r"[-.\d]+", moved))
    assert (x, y) == pytest.approx((target["valence"] * 100, -target["arousal"] * 100), abs=0.06)
    page.locator(f"{CARDS}").first.hover()
    expect(page.locator(".map-item.lit")).to_have_count(1)


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


def test_first_opinion(page: Page) -> None:
    """Looking at shelves and at the empty history makes no id; the first opinion does."""
    answer = say(page, "happy")
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("dialog")).to_contain_text("This browser has no id yet.")
    page.keyboard.press("Escape")
    assert user_id(page) is None
    press(page, f"item-{answer['items'][0]['id']}", "like")
    assert re.fullmatch(r"[0-9a-f-]{36}", user_id(page) or "")


def test_like_and_dislike(page: Page) -> None:
    """A like is marked, stays after a reload, and is replaced by a dislike."""
    answer = say(page, "happy")
    item = answer["items"][0]
    card = f"item-{item['id']}"
    # An opinion changes the next shelves; here they stay.
    page.route("**/recommend", lambda route: route.fulfill(json=answer))
    press(page, card, "like")
    expect(page.locator(f"#{card} [data-action=like]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toast")).to_have_text(f"Noted: you like {item['title']}.")
    page.reload()
    expect(page.locator(f"#{card} [data-action=like]")).to_have_attribute("aria-pressed", "true")
    press(page, card, "dislike")
    expect(page.locator(f"#{card} [data-action=like]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(f"#{card} [data-action=dislike]")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("action", ["hide", "skip"])
def test_hide_and_seen(page: Page, action: Any) -> None:
    """A hidden or seen item leaves its shelf for another one and does not come back."""
    items = [item for item in say(page, "happy")["items"] if item["medium"] == "movie"]
    gone = page.locator(f"#item-{items[0]['id']}")
    press(page, f"item-{items[0]['id']}", action)
    expect(gone).to_have_count(0)
    expect(page.locator(f'.shelf[data-medium="movie"] {CARDS}')).to_have_count(len(items))
    page.reload()
    expect(page.locator(CARDS).first).to_be_visible()
    expect(gone).to_have_count(0)


def test_history(page: Page, address: str) -> None:
    """The history lists the opinions, and "Forget me" erases them on the server and in the browser."""
    item = say(page, "happy")["items"][0]
    press(page, f"item-{item['id']}", "like")
    known = user_id(page)
    assert known is not None
    page.get_by_role("button", name="History").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("li", has_text=item["title"])).to_contain_text("liked")
    expect(dialog).to_contain_text(known)
    dialog.get_by_role("button", name="Forget me").click()
    expect(dialog).to_be_hidden()
    assert user_id(page) is None
    assert item["title"] not in httpx.get(f"{address}/users/{known}/history").text


def test_photo_id(page: Page, photos: dict[str, Path]) -> None:
    """Once there is an id, a photo is sent with it."""
    item = say(page, "happy")["items"][0]
    press(page, f"item-{item['id']}", "like")
    page.evaluate("""() => {
        const send = XMLHttpRequest.prototype.send;
        XMLHttpRequest.prototype.send = function (form) {
            window.sent = form.get("user_id");
            send.call(this, form);
        };
    }""")
    predict(page, photos["astronaut"])
    assert page.evaluate("window.sent") == user_id(page)
