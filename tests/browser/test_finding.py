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


def pick(page: Page, *genres: str) -> dict[str, Any]:
    """Checks or unchecks these genres; returns the recommendation that the page got for the last."""
    button = page.locator("#filter-genre")
    button.click()
    for genre in genres:
        with page.expect_response("**/recommend") as response:
            page.locator("#genres").get_by_label(genre, exact=True).click()
        settle(page)
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
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
    pick(page, "Comedy")
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
    expect(page.get_by_role("button", name="Genre: Comedy")).to_be_visible()
    expect(page.get_by_label("Decade")).to_have_value("2000")
    expect(page.get_by_label("Family friendly")).to_be_checked()


def test_filtered_photo(page: Page, photos: dict[str, Path]) -> None:
    """The filters hold for a photo's recommendations too."""
    say(page, "happy")
    pick(page, "Comedy")
    items = predict(page, photos["astronaut"])["recommendation"]["items"]
    assert items
    assert all("comedy" in item["genres"] for item in items)


def test_filters_leave_nothing(page: Page) -> None:
    """A shelf that the filters leave empty says so and offers to clear them."""
    say(page, "happy")
    answer = choose(page, "Original language", "Japanese")
    assert {item["language"] for item in answer["items"]} <= {"ja"}
    songs = page.locator('.shelf[data-medium="song"]')
    expect(songs).to_contain_text("the catalogue does not know the language of songs")
    expect(songs.get_by_role("button", name="More songs")).to_be_hidden()
    pick(page, "Jazz")
    songs.get_by_role("button", name="Any language").click()
    expect(songs.locator(CARDS).first).to_be_visible()
    expect(page.locator("#filter-genre")).to_be_focused()
    expect(page.get_by_label("Original language")).to_have_value("")
    expect(page.locator("#filter-genre")).to_have_text("Jazz")
    games = page.locator('.shelf[data-medium="game"]')
    expect(games).to_contain_text("Nothing here fits the filters.")
    games.get_by_role("button", name="Clear the filters").click()
    expect(games.locator(CARDS).first).to_be_visible()
    expect(page.locator("#filter-genre")).to_have_text("Any genre")


def test_genres(page: Page) -> None:
    """Several genres widen the shelves; they stay over a reload, come with a link, and can be taken away."""
    say(page, "happy")
    items = pick(page, "Drama", "Jazz")["items"]
    assert {item["medium"] for item in items} >= {"movie", "song"}
    assert all({"drama", "jazz"} & set(item["genres"]) for item in items)
    button = page.locator("#filter-genre")
    expect(button).to_have_text("Drama, Jazz")
    page.reload()
    expect(button).to_have_text("Drama, Jazz")
    page.goto(page.url.split("#")[0] + "#mood=sad&genre=jazz,drama,nonsense")
    expect(page.locator("#shelves-title")).to_contain_text("sad")
    settle(page)
    expect(button).to_have_text("Drama, Jazz")
    assert all("jazz" in item["genres"] for item in pick(page, "Drama")["items"])


def test_genres_by_keyboard(page: Page) -> None:
    """The genres open, are checked and close by keys alone."""
    say(page, "happy")
    page.locator("#filter-genre").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    with page.expect_response("**/recommend") as response:
        page.keyboard.press("Space")
    settle(page)
    first = page.locator("#genres input").first
    expect(first).to_be_focused()
    assert response.value.json()["items"]
    page.keyboard.press("Escape")
    expect(page.locator("#genres")).to_be_hidden()
    expect(page.locator("#filter-genre")).to_be_focused()


def test_genres_of_medium(page: Page) -> None:
    """The genres that are offered are those of the medium that is shown."""
    say(page, "happy")
    genres = page.locator("#genres label")
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
        page.locator("#filter-genre").click()
        page.locator("#genres").get_by_label("Horror").click()
    found = response.value.json()["items"]
    assert found
    assert all("horror" in item["genres"] for item in found)
    expect(page.locator(FOUND)).to_have_count(len(found))


def test_similar(page: Page) -> None:
    """Items like one show below its shelf, then those like one of them; the way back leads to each card."""
    items = say(page, "happy")["items"]
    item = next(item for item in items if item["medium"] == "book")
    button = page.locator(f"#item-{item['id']} [data-action=similar]")
    button.click()
    expect(page.locator('.shelf[data-medium="book"] + #found')).to_be_visible()
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
    expect(page.locator("#filter-genre")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    pick(page, "Comedy")
    expect(page.get_by_role("button", name="Filters (1)")).to_be_visible()


def test_similar_stays(page: Page) -> None:
    """Items like one stay below its shelf as moods change, and stand above the shelves once it is gone."""
    item = say(page, "happy")["items"][0]
    page.locator(f"#item-{item['id']} [data-action=similar]").click()
    expect(page.locator(f'.shelf[data-medium="{item["medium"]}"] + #found')).to_be_visible()
    say(page, "sad")
    expect(page.locator(f'.shelf[data-medium="{item["medium"]}"] + #found .card').first).to_be_visible()
    other = {"movie": "Games"}.get(item["medium"], "Films")
    page.get_by_label(other, exact=True).check()
    expect(page.locator("#found + #covers")).to_have_count(1)
    expect(page.locator("#found .card").first).to_be_visible()
    page.locator("#found").get_by_role("button", name="Back").click()
    expect(page.locator("#found")).to_be_hidden()
