"""What a person says of items, how they take it back, and what is kept of it."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import CARDS, predict, say


def user_id(page: Page) -> str | None:
    kept = page.evaluate("localStorage.getItem('expression.user')")
    return json.loads(kept) if kept else None


def press(page: Page, card_id: str, action: str) -> None:
    with page.expect_response("**/feedback") as response:
        page.locator(f"#{card_id} [data-action={action}]").click()
    assert response.value.status == 201


def test_first_opinion(page: Page) -> None:
    """Looking at shelves and at the empty history makes no id; the first opinion does."""
    answer = say(page, "happy")
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("dialog")).to_contain_text("This browser has no id yet.")
    page.keyboard.press("Escape")
    assert user_id(page) is None
    press(page, f"item-{answer['items'][0]['id']}", "like")
    assert re.fullmatch(r"[0-9a-f-]{36}", user_id(page) or "")


def test_note_beside_the_press(page: Page) -> None:
    """The note does not lie over the button that was pressed, which would take the next press."""
    answer = say(page, "happy")
    button = page.locator(f"#item-{answer['items'][0]['id']} [data-action=dislike]")
    button.evaluate("(one) => scrollBy(0, one.getBoundingClientRect().bottom + 20 - innerHeight)")
    button.click()
    expect(page.locator("#toast.shown")).to_be_visible()
    expect(page.locator("#toast")).to_have_css("opacity", "1")
    assert button.evaluate(
        """(one) => {
            const { x, y, width, height } = one.getBoundingClientRect();
            return one.contains(document.elementFromPoint(x + width / 2, y + height / 2));
        }"""
    )


def test_like_and_dislike(page: Page) -> None:
    """A like is marked, stays after a reload, and is replaced by a dislike."""
    answer = say(page, "happy")
    item = answer["items"][0]
    card = f"item-{item['id']}"
    # An opinion changes the next shelves; here they stay.
    page.route("**/recommend", lambda route: route.fulfill(json=answer))
    press(page, card, "like")
    expect(page.locator(f"#{card} [data-action=like]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toast")).to_contain_text(f"You like {item['title']}.")
    page.reload()
    expect(page.locator(f"#{card} [data-action=like]")).to_have_attribute("aria-pressed", "true")
    press(page, card, "dislike")
    expect(page.locator(f"#{card} [data-action=like]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(f"#{card} [data-action=dislike]")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("action", ["hide", "seen"])
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


@pytest.mark.parametrize("action", ["like", "dislike", "save"])
def test_toggle(page: Page, address: str, action: str) -> None:
    """A second press takes an opinion back, on the page and on the server."""
    item = say(page, "happy")["items"][0]
    press(page, f"item-{item['id']}", action)
    button = page.locator(f"#item-{item['id']} [data-action={action}]")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert httpx.get(f"{address}/users/{user_id(page)}/history").json()["feedback"] == []


@pytest.mark.parametrize("action", ["hide", "seen"])
def test_undo(page: Page, action: str) -> None:
    """The note after hiding an item or marking it as known brings it back to its place."""
    items = [item for item in say(page, "happy")["items"] if item["medium"] == "movie"]
    second = page.locator(f"#item-{items[1]['id']}")
    press(page, f"item-{items[1]['id']}", action)
    expect(second).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(second).to_be_visible()
    shown = page.locator(f'.shelf[data-medium="movie"] {CARDS}')
    assert shown.nth(1).get_attribute("id") == f"item-{items[1]['id']}"


def test_undo_key(page: Page) -> None:
    """Ctrl+Z undoes what the note offers."""
    item = next(item for item in say(page, "happy")["items"] if item["medium"] == "movie")
    card = page.locator(f"#item-{item['id']}")
    press(page, f"item-{item['id']}", "hide")
    expect(card).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(card).to_be_visible()
    expect(page.locator("#toast.shown")).to_have_count(0)


def test_undo_dislike(page: Page) -> None:
    """Undoing a dislike brings the like before it back."""
    item = say(page, "happy")["items"][0]
    card = f"item-{item['id']}"
    press(page, card, "like")
    press(page, card, "dislike")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"#{card} [data-action=like]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"#{card} [data-action=dislike]")).to_have_attribute("aria-pressed", "false")


def open_history(page: Page) -> Locator:
    page.get_by_role("button", name="History").click()
    return page.get_by_role("dialog")


def test_history(page: Page, address: str) -> None:
    """The button "Forget me" asks first, then erases all, on the server, in the browser and on the cards."""
    item = say(page, "happy")["items"][0]
    card = f"item-{item['id']}"
    press(page, card, "like")
    known = user_id(page)
    assert known is not None
    dialog = open_history(page)
    expect(dialog.locator("li", has_text=item["title"])).to_contain_text("liked")
    dialog.get_by_role("button", name="Forget me").click()
    dialog.get_by_role("button", name="Keep it").click()
    assert user_id(page) == known
    dialog.get_by_role("button", name="Forget me").click()
    dialog.get_by_role("button", name="Erase everything").click()
    expect(dialog).to_be_hidden()
    assert user_id(page) is None
    assert item["title"] not in httpx.get(f"{address}/users/{known}/history").text
    expect(page.locator("[aria-pressed=true][data-action]")).to_have_count(0)


def test_history_row(page: Page, address: str) -> None:
    """An entry of the history can be removed, and the removal undone."""
    item = say(page, "happy")["items"][0]
    press(page, f"item-{item['id']}", "like")
    dialog = open_history(page)
    row = dialog.locator("#history-list li", has_text=item["title"])
    row.get_by_role("button").click()
    expect(row).to_have_count(0)
    history = f"{address}/users/{user_id(page)}/history"
    assert httpx.get(history).json()["feedback"] == []
    dialog.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    expect(page.locator(f"#item-{item['id']} [data-action=like]")).to_have_attribute("aria-pressed", "true")


def test_saved(page: Page) -> None:
    """A saved item is on the list, is exported as text, and can be taken off and put back."""
    item = say(page, "happy")["items"][0]
    press(page, f"item-{item['id']}", "save")
    page.get_by_role("button", name="Saved", exact=True).click()
    dialog = page.get_by_role("dialog", name="Saved for later")
    row = dialog.locator("li", has_text=item["title"])
    expect(row).to_be_visible()
    with page.expect_download() as file:
        dialog.get_by_role("button", name="Download as text").click()
    text = Path(file.value.path()).read_text()
    assert f"- {item['title']}" in text
    assert item["url"] in text
    row.get_by_role("button").click()
    expect(row).to_have_count(0)
    dialog.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()


def test_identity(page: Page) -> None:
    """The id can be copied, replaced by another or a new one, and undone; all that is kept is downloaded."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    item = say(page, "happy")["items"][0]
    press(page, f"item-{item['id']}", "like")
    known = user_id(page)
    dialog = open_history(page)
    dialog.get_by_text("My id", exact=True).click()
    expect(dialog.locator("#id-shown")).to_have_text(known or "")
    dialog.get_by_role("button", name="Copy", exact=True).click()
    expect(dialog.locator("#toast")).to_contain_text("Id copied.")
    assert page.evaluate("navigator.clipboard.readText()") == known
    with page.expect_download() as file:
        dialog.get_by_role("button", name="Download everything").click()
    assert json.loads(Path(file.value.path()).read_text())["feedback"][0]["item_id"] == item["id"]
    dialog.get_by_label("Enter another id").fill("anna-7f3a")
    dialog.get_by_role("button", name="Use it").click()
    expect(dialog.locator("#id-shown")).to_have_text("anna-7f3a")
    expect(dialog).to_contain_text("Nothing yet.")
    dialog.get_by_role("button", name="Undo").click()
    expect(dialog.locator("#id-shown")).to_have_text(known or "")
    expect(dialog.locator("#history-list")).to_contain_text(item["title"])
    dialog.get_by_role("button", name="Make a new one").click()
    expect(dialog.locator("#id-shown")).not_to_have_text(known or "")


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
