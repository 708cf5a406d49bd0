"""The weight and speed of the page. Both are printed; only the weight, which no load changes, has a limit."""

import statistics
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.steps import choose, say

MAX_BYTES = 75_000
RUNS = 7
PRESS_AND_WAIT = """async () => {
    const filled = new Promise((resolve) => {
        new MutationObserver((_, watcher) => {
            watcher.disconnect();
            requestAnimationFrame(resolve);
        }).observe(document.querySelector("#shelf-list"), { childList: true, subtree: true });
    });
    const start = performance.now();
    document.querySelector("#predict").click();
    await filled;
    return performance.now() - start;
}"""


def test_page_weight(open_page: Callable[..., Page], record_property: Callable[[str, object], None]) -> None:
    """Opening the page and choosing a mood transfers at most 75 kB, headers included, without photos."""
    page = open_page(service_workers="block")
    sizes: dict[str, int] = {}
    names: dict[str, str] = {}
    watch = page.context.new_cdp_session(page)
    watch.send("Network.enable")
    watch.send("Network.setCacheDisabled", {"cacheDisabled": True})
    watch.on(
        "Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]})
    )
    watch.on(
        "Network.loadingFinished",
        lambda event: sizes.update({names[event["requestId"]]: event["encodedDataLength"]}),
    )
    page.reload()
    say(page, "happy")
    page.wait_for_load_state("networkidle")
    counted = {name: size for name, size in sizes.items() if "/samples/" not in name}
    weight = int(sum(counted.values()))
    record_property("page_bytes", weight)
    print(f"\npage: {weight / 1000:.1f} kB in {len(counted)} files, without photos")  # noqa: T201 # a figure to report
    assert 0 < weight <= MAX_BYTES


def test_first_paint(open_page: Callable[..., Page], record_property: Callable[[str, object], None]) -> None:
    """The browser reports when the first content was painted."""
    page = open_page(service_workers="block")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    record_property("first_contentful_paint_ms", paint)
    print(f"\nfirst contentful paint: {paint:.0f} ms")  # noqa: T201 # a figure to report
    assert paint > 0


def test_answer_time(
    page: Page, photos: dict[str, Path], record_property: Callable[[str, object], None]
) -> None:
    """Each press of Predict puts cards on the shelves; the median time is printed."""
    times = []
    for _ in range(RUNS):
        choose(page, photos["astronaut"])
        expect(page.get_by_role("button", name="Predict")).to_be_focused()
        times.append(page.evaluate(PRESS_AND_WAIT))
    median = statistics.median(times)
    record_property("photo_to_shelves_ms", median)
    print(f"\nphoto to shelves: median {median:.0f} ms of {RUNS}")  # noqa: T201 # a figure to report
    assert len(times) == RUNS
