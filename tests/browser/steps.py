"""Steps that a person takes on the page."""

from pathlib import Path
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page, expect

CARDS = ".card:not(.blank)"


def place(locator: Locator) -> FloatRect:
    """Where the element lies on the page; it must be shown."""
    found = locator.bounding_box()
    assert found is not None
    return found


def choose(page: Page, photo: Path) -> None:
    page.locator("#file").set_input_files(photo)


def predict(page: Page, photo: Path) -> dict[str, Any]:
    """Chooses a photo, presses Predict and waits for the shelves; returns the answer that the page got."""
    choose(page, photo)
    return press_predict(page)


def press_predict(page: Page) -> dict[str, Any]:
    with page.expect_response("**/recommend/photo") as response:
        page.get_by_role("button", name="Predict").click()
    answer: dict[str, Any] = response.value.json()
    if answer.get("recommendation"):
        expect(page.locator(CARDS).first).to_be_visible()
    return answer


def say(page: Page, emotion: str) -> dict[str, Any]:
    """Chooses a mood by hand and waits for its shelves; returns the recommendation that the page got."""
    with page.expect_response("**/recommend") as response:
        page.locator(f'.mood[data-emotion="{emotion}"]').click()
    settle(page)
    expect(page.locator(CARDS).first).to_be_visible()
    answer: dict[str, Any] = response.value.json()
    return answer


def settle(page: Page) -> None:
    """Waits until the shelves show the answer to what was asked last."""
    expect(page.locator("#shelf-list")).to_have_attribute("aria-busy", "false")


def shown_titles(page: Page, medium: str | None = None) -> list[str]:
    scope = f'.shelf[data-medium="{medium}"] ' if medium else ""
    links = page.locator(f"{scope}{CARDS} .card-title > *")
    return [text.removesuffix(" (opens in a new tab)") for text in links.all_text_contents()]
