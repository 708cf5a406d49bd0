"""The live webcam: a fake camera shows the astronaut, the stream is real."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.steps import CARDS

OUTLINE = '.stage[data-state="live"] .face'


def start(open_page: Callable[..., Page]) -> Page:
    page = open_page(permissions=["camera"])
    keep_camera(page)
    page.get_by_role("button", name="Live webcam").click()
    return page


def keep_camera(page: Page) -> None:
    """Puts the camera that the page opens on `window`, where the tests can look at it."""
    page.evaluate("""() => {
        const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (how) => (window.camera = await open(how));
    }""")


def track_states(page: Page) -> list[str]:
    states: list[str] = page.evaluate("window.camera.getTracks().map((track) => track.readyState)")
    return states


def hide(page: Page, state: str) -> None:
    """Acts like a browser whose tab is covered or shown; headless Chromium never covers one."""
    page.evaluate(
        """(state) => {
            Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


@pytest.fixture
def live(open_page: Callable[..., Page]) -> Page:
    page = start(open_page)
    expect(page.locator(OUTLINE)).to_be_visible()
    return page


def test_reading(live: Page, record_property: Callable[[str, object], None]) -> None:
    """The face is outlined and read, and keeps its id while it stays in view."""
    expect(live.locator("#verdict")).to_contain_text("Looks happy")
    face = live.locator(OUTLINE).get_attribute("data-face")
    ids = live.evaluate(
        """async () => {
            const seen = new Set();
            const end = performance.now() + 3000;
            while (performance.now() < end) {
                for (const face of document.querySelectorAll(".face")) seen.add(face.dataset.face);
                await new Promise(requestAnimationFrame);
            }
            return [...seen];
        }"""
    )
    assert ids == [face]
    told = re.match(r"([\d.]+) frames a second", live.locator("#took").inner_text())
    assert told
    rate = float(told[1])
    record_property("live_frames_per_second", rate)
    print(f"\nlive: {rate} frames a second")  # noqa: T201 # a figure to report, not a limit to fail on
    assert rate > 0


def test_recommend(live: Page) -> None:
    """A button recommends for the present mood while the camera stays on."""
    live.get_by_role("button", name="Recommend for this mood").click()
    expect(live.locator(CARDS).first).to_be_visible()
    expect(live.get_by_role("heading", name="For feeling happy")).to_be_visible()
    assert track_states(live) == ["live"]


def test_stop(live: Page) -> None:
    """Stopping switches the camera off, clears the stage and moves the focus back to the start button."""
    live.get_by_role("button", name="Stop the camera").click()
    assert track_states(live) == ["ended"]
    expect(live.locator("#video")).to_be_hidden()
    expect(live.locator(".face")).to_have_count(0)
    expect(live.get_by_role("button", name="Live webcam")).to_be_focused()


def test_photo_instead(live: Page, photos: dict[str, Path]) -> None:
    """Choosing a photo switches the camera off."""
    live.locator("#file").set_input_files(photos["astronaut"])
    expect(live.locator("#preview")).to_be_visible()
    assert track_states(live) == ["ended"]


def test_hidden_page(open_page: Callable[..., Page]) -> None:
    """While the page is hidden the stream is closed and the camera blank; shown again, both go on."""
    page = open_page(permissions=["camera"])
    with page.expect_websocket() as first:
        keep_camera(page)
        page.get_by_role("button", name="Live webcam").click()
    expect(page.locator(OUTLINE)).to_be_visible()
    with first.value.expect_event("close"):
        hide(page, "hidden")
    expect(page.locator("#stage-note")).to_have_text("Paused while the page is hidden.")
    assert page.evaluate("window.camera.getTracks().every((track) => !track.enabled)")
    with page.expect_websocket() as second:
        hide(page, "visible")
    second.value.wait_for_event("framereceived")
    expect(page.locator("#stage-note")).to_be_hidden()
    expect(page.locator(OUTLINE)).to_be_visible()


def test_camera_refused(open_page: Callable[..., Page]) -> None:
    """Without the permission the page says so and offers the mood by hand."""
    page = open_page()
    page.get_by_role("button", name="Live webcam").click()
    box = page.locator("#photo-problem")
    expect(box).to_contain_text("The camera is not allowed.")
    box.get_by_role("button", name="Choose the mood by hand").click()
    expect(page.locator(".mood").first).to_be_focused()


def test_stream_refused(open_page: Callable[..., Page], watch: Watch) -> None:
    """When the server refuses the stream, the camera goes off and the page says why."""
    watch.allow("WebSocket connection")
    page = open_page(permissions=["camera"])
    page.route_web_socket("**/stream", lambda socket: socket.close(code=1013))
    page.get_by_role("button", name="Live webcam").click()
    expect(page.locator("#photo-problem")).to_contain_text("Many photos are being read")
    expect(page.locator("#video")).to_be_hidden()


def test_caption_language(open_page: Callable[..., Page]) -> None:
    """The caption of the camera changes with the language."""
    page = start(open_page)
    expect(page.locator(OUTLINE)).to_be_visible()
    hide(page, "hidden")
    page.get_by_label("Language").select_option("de")
    expect(page.locator("#stage-note")).to_have_text("Angehalten, solange die Seite verdeckt ist.")


def test_late_photo(open_page: Callable[..., Page], photos: dict[str, Path]) -> None:
    """A photo that is ready only after the webcam was started is dropped."""
    page = open_page(permissions=["camera"])
    page.evaluate("""() => {
        const decode = window.createImageBitmap;
        window.createImageBitmap = async (file) => {
            await new Promise((resolve) => (window.letGo = resolve));
            return decode(file);
        };
    }""")
    page.locator("#file").set_input_files(photos["astronaut"])
    page.get_by_role("button", name="Live webcam").click()
    expect(page.locator(OUTLINE)).to_be_visible()
    page.evaluate("window.letGo()")
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 500))")
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("#stage")).to_have_attribute("data-state", "live")
