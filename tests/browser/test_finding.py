"""The search over the catalogue."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.steps import say

FOUND = "#found .card-title > *"


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
