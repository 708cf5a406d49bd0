"""What the page says when something fails, and the ways on that it offers."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.steps import CARDS, choose, predict, press_predict, say
from tests.helpers.serving import ROOT, free_port, is_ready, serve, server_command

FAILED_REQUEST = "Failed to load resource"


def test_not_a_picture(page: Page, photos: dict[str, Path]) -> None:
    """A text file is refused and cannot be sent."""
    choose(page, photos["notes"])
    expect(page.locator("#photo-problem")).to_contain_text("That file is not a picture.")
    expect(page.get_by_role("button", name="Predict")).to_be_hidden()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("lies", "This kind of picture cannot be read here."),
        ("cut", "This picture cannot be read."),
        ("huge", "too large to send as it is"),
    ],
)
def test_unreadable_picture(
    page: Page, photos: dict[str, Path], watch: Watch, name: str, sentence: str
) -> None:
    """A file that the browser cannot show is sent; the server's refusal becomes a sentence and a way on."""
    watch.allow(FAILED_REQUEST)
    choose(page, photos[name])
    expect(page.locator("#stage-note")).to_contain_text("This browser cannot show this picture.")
    press_predict(page)
    expect(page.locator("#photo-problem")).to_contain_text(sentence)
    expect(page.locator("#stage-note")).to_be_hidden()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose another photo").click()
    chooser.value.set_files(photos["astronaut"])
    expect(page.locator("#photo-problem")).to_be_hidden()
    assert press_predict(page)["recommendation"]


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, "unauthorized", "asks for an access key"),
        (403, "not_allowed", "does not allow that"),
        (413, "too_large", "This picture is too large"),
        (429, "too_many_requests", "A lot is going on here"),
        (500, "internal_error", "mention the number 7f3a"),
        (503, "busy", "A lot is going on here"),
        (503, "database_unavailable", "The server cannot do this right now."),
        (504, "inference_timeout", "does not answer at the moment"),
    ],
)
def test_sentences(
    page: Page, photos: dict[str, Path], watch: Watch, status: int, code: str, sentence: str
) -> None:
    """Each faked problem becomes its sentence, and one that may pass offers another try."""
    watch.allow(FAILED_REQUEST)
    problem = {
        "type": "about:blank",
        "title": "x",
        "status": status,
        "detail": "x",
        "code": code,
        "request_id": "7f3a",
    }
    page.route(
        "**/recommend/photo",
        lambda route: route.fulfill(status=status, json=problem, content_type="application/problem+json"),
    )
    choose(page, photos["astronaut"])
    press_predict(page)
    box = page.locator("#photo-problem")
    expect(box).to_contain_text(sentence)
    expect(box.get_by_role("button", name="Try again")).to_have_count(1 if status >= 429 else 0)
    expect(box.get_by_role("button", name="Choose the mood by hand")).to_be_visible()


def test_access_key(page: Page, watch: Watch) -> None:
    """A server with a key is told it from then on, with each request, once it was entered."""
    watch.allow(FAILED_REQUEST)

    def check(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer open sesame":
            route.continue_()
        else:
            route.fulfill(status=401, json={"status": 401, "code": "unauthorized", "detail": "x"})

    page.route("**/recommend", check)
    page.locator('.mood[data-emotion="sad"]').click()
    page.get_by_role("button", name="Enter the key").click()
    page.get_by_role("textbox", name="Access key").fill("open sesame")
    page.get_by_role("button", name="Use it").click()
    expect(page.locator(CARDS).first).to_be_visible()


@pytest.fixture
def fragile(tmp_path: Path, catalogue: Path) -> Iterator[Any]:
    """A recommender, and functions that kill its inference service and start it at the same address."""
    port = free_port()
    command = server_command("inference", port)
    running: list[subprocess.Popen[bytes]] = []
    with ExitStack() as stack:
        log = stack.enter_context((tmp_path / "inference.log").open("wb"))

        def start() -> None:
            running.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log))
            assert is_ready(f"http://127.0.0.1:{port}", running[-1])

        def kill() -> None:
            os.kill(running[-1].pid, signal.SIGKILL)
            running[-1].wait()

        start()
        stack.callback(kill)
        address = stack.enter_context(
            serve(
                "recommender",
                tmp_path / "recommender.log",
                inference_url=f"http://127.0.0.1:{port}",
                database_url=f"sqlite:///{tmp_path / 'recommender.db'}",
                catalogue_dir=str(catalogue),
            )
        )
        yield address, kill, start


def test_inference_down(
    open_page: Callable[..., Page], fragile: Any, photos: dict[str, Path], watch: Watch
) -> None:
    """While inference is down the mood by hand works; once it is back, so does "Try again"."""
    address, kill, start = fragile
    watch.allow(FAILED_REQUEST)
    page = open_page(at=address)
    kill()
    choose(page, photos["astronaut"])
    press_predict(page)
    box = page.locator("#photo-problem")
    expect(box).to_contain_text("The part that reads faces does not answer")
    say(page, "happy")
    start()
    with page.expect_response("**/recommend/photo") as response:
        box.get_by_role("button", name="Try again").click()
    assert response.value.ok
    expect(box).to_be_hidden()
    expect(page.locator("#verdict")).to_contain_text("Looks happy")


def test_offline(page: Page, photos: dict[str, Path], watch: Watch) -> None:
    """Without a connection the page says so; once there is one, "Try again" works."""
    watch.allow("ERR_INTERNET_DISCONNECTED")
    choose(page, photos["astronaut"])
    page.context.set_offline(True)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#photo-problem")).to_contain_text("The server cannot be reached.")
    page.locator('.mood[data-emotion="sad"]').click()
    expect(page.locator("#shelves-problem")).to_contain_text("The server cannot be reached.")
    page.context.set_offline(False)
    page.locator("#shelves-problem").get_by_role("button", name="Try again").click()
    expect(page.locator(CARDS).first).to_be_visible()


def slow_down(page: Any) -> None:
    """Limits uploads to 20 kB/s: the astronaut takes about five seconds."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    rates = {"downloadThroughput": -1, "uploadThroughput": 20_000, "latency": 0}
    session.send("Network.emulateNetworkConditions", {"offline": False, **rates})


def test_cancel(page: Page, photos: dict[str, Path]) -> None:
    """A slow upload shows its progress, and cancelling it brings the page back to before."""
    choose(page, photos["astronaut"])
    slow_down(page)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#upload-text")).to_have_text(re.compile(r"Sending … ([1-9]\d?)%|Reading the face …"))
    expect(page.get_by_role("progressbar", name="Upload")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#upload")).to_be_hidden()
    expect(page.get_by_role("button", name="Predict")).to_be_focused()
    expect(page.locator("#status")).to_have_text("Cancelled. Nothing was read.")
    expect(page.locator("#reading")).to_be_hidden()


def test_reload(page: Page, photos: dict[str, Path]) -> None:
    """After a reload during an upload the page works."""
    choose(page, photos["astronaut"])
    slow_down(page)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#upload")).to_be_visible()
    page.reload()
    expect(page.locator("#upload")).to_be_hidden()
    expect(page.locator("#photo-problem")).to_be_hidden()
    say(page, "happy")


def test_replaced_photo(page: Page, photos: dict[str, Path]) -> None:
    """A new photo cancels the upload of the one before, whose answer is never shown."""
    choose(page, photos["hopper"])
    slow_down(page)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#upload")).to_be_visible()
    choose(page, photos["astronaut"])
    expect(page.locator("#upload")).to_be_hidden()
    expect(page.locator("#reading")).to_be_hidden()
    page.context.new_cdp_session(page).send("Network.disable")
    predict(page, photos["astronaut"])
    expect(page.locator("#verdict")).to_contain_text("Looks happy")
