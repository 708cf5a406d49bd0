"""The search over the catalogue, its filters, and items like another one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.steps import CARDS, predict, say, settle

FOUND = "#found .card-title > *"


def choose(page: Page, name: str, label: str) -> dict[str, Any]:
    """Sets a filter; returns the recommendation that the page then got."""
    with page.expect_response("**/recommend") as response:
        page.get_by_label(name, exact=True).select_option(label)
    settle(page)
    answer: dict[str, Any] = response.value.json()
    return answer


def test_search(page: Page) -> None:
    """Words find titles and creators, without a mood too; the results can be saved and closed."""
    title = say(page, "happy")["items"][0]["title"]
    page.reload()
    with page.expect_response("**/items?*") as response:
        page.get_by_role("searchbox").fill(title)
        page.keyboard.press("Enter")
    assert parse_qs(urlsplit(response.value.url).query)["q"] == [title]
    expect(page.get_by_role("heading", name=f"Results for “{title}”")).to_be_visible()
    expect(page.locator(FOUND).first).to_be_focused()
    card = page.locator("#found .card").first
    with page.expect_response("**/feedback") as kept:
        card.locator("[data-action=save]").click()
    assert kept.value.status == 201
    page.get_by_role("button", name="Close these results").click()
    expect(page.locator("#found")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_search_nothing(page: Page) -> None:
    """Words that nothing has give a sentence."""
    page.get_by_role("searchbox").fill("qqqqzzzz")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("Nothing found. Try other words.")


def test_filters(page: Page) -> None:
    """Genre, decade and "family friendly" limit the shelves, more of a shelf, and stay after a reload."""
    say(page, "happy")
    choose(page, "Genre", "Comedy")
    answer = choose(page, "Decade", "2000s")
    assert answer["items"]
    assert all("comedy" in item["genres"] and 2000 <= item["year"] <= 2009 for item in answer["items"])
    with page.expect_response("**/recommend") as response:
        page.get_by_label("Family friendly").check()
    assert {item["age_rating"] for item in response.value.json()["items"] if item["medium"] == "movie"} <= {
        "G",
        "PG",
        "PG-13",
    }
    settle(page)
    with page.expect_response("**/recommend") as more:
        page.get_by_role("button", name="More films").click()
    assert all("comedy" in item["genres"] for item in more.value.json()["items"])
    page.reload()
    expect(page.locator(CARDS).first).to_be_visible()
    expect(page.get_by_label("Genre", exact=True)).to_have_value("comedy")
    expect(page.get_by_label("Decade")).to_have_value("2000")
    expect(page.get_by_label("Family friendly")).to_be_checked()


def test_filtered_photo(page: Page, photos: dict[str, Path]) -> None:
    """The filters hold for a photo's recommendations too."""
    say(page, "happy")
    choose(page, "Genre", "Comedy")
    items = predict(page, photos["astronaut"])["recommendation"]["items"]
    assert items
    assert all("comedy" in item["genres"] for item in items)


def test_filters_leave_nothing(page: Page) -> None:
    """A shelf that the filters leave empty says so and offers to clear them."""
    say(page, "happy")
    answer = choose(page, "Original language", "Japanese")
    assert {item["language"] for item in answer["items"]} <= {"ja"}
    songs = page.locator('.shelf[data-medium="song"]')
    expect(songs).to_contain_text("Nothing here fits the filters.")
    expect(songs.get_by_role("button", name="More songs")).to_be_hidden()
    songs.get_by_role("button", name="Clear the filters").click()
    expect(songs.locator(CARDS).first).to_be_visible()
    expect(page.get_by_label("Genre", exact=True)).to_be_focused()
    expect(page.get_by_label("Original language")).to_have_value("")


def test_genres_of_medium(page: Page) -> None:
    """The genres that are offered are those of the medium that is shown."""
    say(page, "happy")
    genres = page.get_by_label("Genre", exact=True).locator("option")
    expect(genres.filter(has_text="Western")).to_have_count(1)
    page.get_by_label("Songs", exact=True).check()
    expect(genres.filter(has_text="Western")).to_have_count(0)
    expect(genres.filter(has_text="Jazz")).to_have_count(1)


def test_filtered_search(page: Page) -> None:
    """The filters limit the results of a search too, at once when they change."""
    page.get_by_role("searchbox").fill("the")
    page.keyboard.press("Enter")
    expect(page.locator(FOUND).first).to_be_focused()
    with page.expect_response("**/items?*") as response:
        page.get_by_label("Genre", exact=True).select_option("Horror")
    found = response.value.json()["items"]
    assert found
    assert all("horror" in item["genres"] for item in found)
    expect(page.locator(FOUND)).to_have_count(len(found))


def test_similar(page: Page) -> None:
    """Items like this one are shown, then those like one of them; the way back leads to each card."""
    item = say(page, "happy")["items"][1]
    button = page.locator(f"#item-{item['id']} [data-action=similar]")
    button.click()
    expect(page.get_by_role("heading", name=f"More like “{item['title']}”")).to_be_visible()
    expect(page.locator(FOUND).first).to_be_focused()
    second = page.locator("#found .card").nth(1)
    other = second.locator(".card-title").inner_text()
    second.locator("[data-action=similar]").click()
    expect(page.locator("#found h3")).not_to_contain_text(item["title"])
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.get_by_role("heading", name=f"More like “{item['title']}”")).to_be_visible()
    expect(second.locator(".card-title")).to_have_text(other)
    expect(second.locator("[data-action=similar]")).to_be_focused()
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator("#found")).to_be_hidden()
    expect(button).to_be_focused()


def test_filters_on_phone(open_page: Callable[..., Page]) -> None:
    """On a phone the filters lie behind one button, which says how many are set."""
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 640})
    say(page, "happy")
    expect(page.get_by_label("Genre", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    choose(page, "Genre", "Comedy")
    expect(page.get_by_role("button", name="Filters (1)")).to_be_visible()
