"""The ways in which the page takes a photo or a mood, and the notice before them."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Watch
from tests.browser.steps import CARDS, choose, place, predict, press_predict, say

DROP = """([selector, bytes, type]) => {
    const file = new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], "photo", { type });
    const transfer = new DataTransfer();
    transfer.items.add(file);
    const target = document.querySelector(selector);
    for (const name of ["dragover", "drop"]) {
        const how = { dataTransfer: transfer, bubbles: true, cancelable: true };
        target.dispatchEvent(new DragEvent(name, how));
    }
}"""
PASTE = """([, bytes, type]) => {
    const file = new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], "image.png", { type });
    const transfer = new DataTransfer();
    transfer.items.add(file);
    const how = { clipboardData: transfer, bubbles: true, cancelable: true };
    document.dispatchEvent(new ClipboardEvent("paste", how));
}"""


def test_choose(page: Page, photos: dict[str, Path]) -> None:
    """A chosen photo is shown at once and sent only when Predict is pressed."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", note)
    choose(page, photos["astronaut"])
    expect(page.locator("#preview")).to_be_visible()
    assert sent == []
    press_predict(page)
    assert len(sent) == 1


@pytest.mark.parametrize("selector", ["#stage", "footer"])
def test_drop(page: Page, photos: dict[str, Path], selector: Any) -> None:
    """A photo may be dropped anywhere on the page."""
    page.evaluate(DROP, [selector, base64.b64encode(photos["astronaut"].read_bytes()).decode(), "image/jpeg"])
    expect(page.locator("#preview")).to_be_visible()
    assert press_predict(page)["prediction"]["emotion"]


def test_paste(page: Page, photos: dict[str, Path]) -> None:
    """A picture may be pasted wherever the focus is."""
    page.evaluate(PASTE, ["", base64.b64encode(photos["hopper"].read_bytes()).decode(), "image/jpeg"])
    expect(page.locator("#preview")).to_be_visible()
    assert press_predict(page)["prediction"]["emotion"]


def test_phone_camera(open_page: Callable[..., Page], photos: dict[str, Path]) -> None:
    """On a phone, "Take photo" asks for the front camera, and the page scrolls to the reading."""
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Take photo").click()
    assert chooser.value.element.get_attribute("capture") == "user"
    chooser.value.set_files(photos["astronaut"])
    press_predict(page)
    expect(page.locator("#reading")).to_be_in_viewport()


@pytest.mark.parametrize("name", ["Sample: an astronaut's portrait", "Sample: an admiral's portrait"])
def test_samples(page: Page, name: str) -> None:
    """One press on a sample photo shows and reads it."""
    with page.expect_response("**/recommend/photo") as response:
        page.get_by_role("button", name=name).click()
    assert response.value.json()["prediction"]["faces"]
    expect(page.locator("#preview")).to_be_visible()
    expect(page.locator(CARDS).first).to_be_visible()


def test_after_reading(page: Page, photos: dict[str, Path]) -> None:
    """A read photo cannot be read again; the next one can."""
    predict(page, photos["astronaut"])
    expect(page.get_by_role("button", name="Predict")).to_be_hidden()
    choose(page, photos["hopper"])
    expect(page.get_by_role("button", name="Predict")).to_be_focused()


def test_touch_words(open_page: Callable[..., Page]) -> None:
    """A touch screen is not told to drop anything."""
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    assert not re.search(r"\bdrop\b", page.locator("main").inner_text(), re.IGNORECASE)


def test_redrawn(page: Page, photos: dict[str, Path], watch: Watch) -> None:
    """A picture that the page shows and the server does not read is sent again as a JPEG."""
    watch.allow("Failed to load resource")
    sent: list[bytes] = []

    def refuse_png(route: Route) -> None:
        sent.append(route.request.post_data_buffer or b"")
        if len(sent) > 1:
            route.continue_()
        else:
            route.fulfill(status=415, json={"status": 415, "code": "unsupported", "detail": "x"})

    page.route("**/recommend/photo", refuse_png)
    choose(page, photos["png"])
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#verdict")).to_contain_text("Looks happy")
    assert [b"\xff\xd8\xff" in body for body in sent] == [False, True]


def test_mood_by_hand(page: Page) -> None:
    """A mood chosen by hand fills the shelves without any photo."""
    answer = say(page, "sad")
    assert answer["emotion"] == "sad"
    expect(page.get_by_role("heading", name="For feeling sad")).to_be_visible()
    expect(page.locator("#reading")).to_be_hidden()


def test_large_photo(page: Page, photos: dict[str, Path]) -> None:
    """A rotated photo of 12 megapixels is sent upright, 1600 pixels high, and its outline fits the face."""
    answer = predict(page, photos["phone"])
    assert answer["prediction"]["image"] == {"width": 1200, "height": 1600}
    face = place(page.locator(".face").first)
    picture = place(page.locator("#preview"))
    box = answer["prediction"]["faces"][0]["box"]
    assert (face["x"] - picture["x"]) / picture["width"] == pytest.approx(box["x"] / 1200, abs=0.01)
    assert (face["y"] - picture["y"]) / picture["height"] == pytest.approx(box["y"] / 1600, abs=0.01)


def test_consent(open_page: Callable[..., Page], photos: dict[str, Path]) -> None:
    """No photo is shown before the notice is accepted, and it is accepted only once."""
    page = open_page(consent=False)
    choose(page, photos["astronaut"])
    notice = page.get_by_role("dialog", name="Before the first photo")
    expect(notice).to_be_visible()
    expect(page.locator("#preview")).to_be_hidden()
    notice.get_by_role("button", name="I understand, go on").click()
    expect(page.locator("#preview")).to_be_visible()
    press_predict(page)
    page.reload()
    choose(page, photos["hopper"])
    expect(page.locator("#preview")).to_be_visible()


def test_consent_refused(open_page: Callable[..., Page], photos: dict[str, Path]) -> None:
    """Refusing drops the photo and moves the focus to the six moods."""
    page = open_page(consent=False)
    choose(page, photos["astronaut"])
    page.get_by_role("button", name="No photo, I choose the mood myself").click()
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator(".mood").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(CARDS).first).to_be_visible()


def test_consent_then_chooser(open_page: Callable[..., Page], photos: dict[str, Path]) -> None:
    """Accepting the notice opens the file chooser that was asked for before."""
    page = open_page(consent=False)
    page.get_by_role("button", name="Choose photo").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="I understand, go on").click()
    chooser.value.set_files(photos["astronaut"])
    expect(page.locator("#preview")).to_be_visible()
