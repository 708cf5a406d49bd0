"""Drawn covers, and real ones where the operator and the person allow them."""

import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.steps import CARDS, say
from tests.helpers import pictures
from tests.helpers.serving import serve

HERE = "https://covers.openlibrary.org/b/id/1-M.jpg"
ELSEWHERE = "https://tracker.example/1.jpg"


def give_covers(page: Page) -> list[str]:
    """Gives three items covers, and the others none: a picture, one of an unknown host, one that is gone."""
    asked: list[str] = []

    def add(route: Route) -> None:
        answer = route.fetch().json()
        for item, url in zip_longest(answer["items"], [HERE, ELSEWHERE, f"{HERE}?gone"]):
            item["image_url"] = url
        route.fulfill(json=answer)

    def serve_picture(route: Route) -> None:
        asked.append(route.request.url)
        if route.request.url.endswith("gone"):
            route.fulfill(status=404)
        else:
            assert "referer" not in route.request.headers
            route.fulfill(body=pictures.ASTRONAUT.read_bytes(), content_type="image/jpeg")

    page.route("**/recommend", add)
    page.route(re.compile("^https://"), serve_picture)
    return asked


def test_covers(open_page: Callable[..., Page], watch: Watch) -> None:
    """No cover is asked for before the switch, then those of known hosts; failures stay drawn."""
    page = open_page(service_workers="block")
    watch.allow("Failed to load resource")
    asked = give_covers(page)
    items = say(page, "happy")["items"]
    expect(page.locator(f"{CARDS} .cover svg").first).to_be_visible()
    assert asked == []
    expect(page.locator("#covers-note")).to_contain_text("which then see your internet address")
    page.get_by_label("Show covers").check()
    expect(page.locator(f"#item-{items[0]['id']} .with-photo img")).to_be_visible()
    expect(page.locator(f"#item-{items[1]['id']} img")).to_have_count(0)
    expect(page.locator(f"#item-{items[2]['id']} img")).to_have_count(0)
    assert set(asked) == {HERE, f"{HERE}?gone"}
    page.get_by_label("Show covers").uncheck()
    expect(page.locator(".cover img")).to_have_count(0)


def test_policy(page: Page) -> None:
    """The content policy names the hosts of covers, those they redirect to included, and no other."""
    policy = page.request.get(page.url).headers["content-security-policy"]
    images = next(part for part in policy.split(";") if part.strip().startswith("img-src"))
    assert "https://covers.openlibrary.org" in images
    assert "https://*.archive.org" in images
    assert "https:" not in images.split()
    assert "covers" not in page.request.get(f"{page.url}emotions").headers["content-security-policy"]


@pytest.fixture
def plain(tmp_path: Path, catalogue: Path) -> Iterator[str]:
    """The address of a recommender whose operator switched covers off."""
    settings = {"database_url": f"sqlite:///{tmp_path / 'r.db'}", "catalogue_dir": str(catalogue)}
    with serve("recommender", tmp_path / "log", covers="false", **settings) as address:
        yield address


def test_switched_off(open_page: Callable[..., Page], plain: str) -> None:
    """Where the operator switched covers off, they are neither offered nor allowed."""
    page = open_page(at=plain)
    say(page, "happy")
    expect(page.locator("#covers")).to_be_hidden()
    assert "openlibrary" not in page.request.get(page.url).headers["content-security-policy"]


def test_drawings_differ(page: Page) -> None:
    """Drawn covers differ from item to item and stay the same for the same item."""
    say(page, "happy")
    draw = "(all) => all.map((one) => one.outerHTML)"
    first = page.locator(f"{CARDS} .cover svg").evaluate_all(draw)
    assert len(set(first)) == len(first)
    say(page, "happy")
    assert page.locator(f"{CARDS} .cover svg").evaluate_all(draw) == first
