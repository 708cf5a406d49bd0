"""Opens the page in headless Chromium, with both real services behind it."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from services.recommender.settings import DATA_DIR
from tests.helpers import pictures
from tests.helpers.serving import serve
from tests.helpers.stages import cannot_run

CHROMIUM = Path("/usr/bin/chromium")
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
FRAMES = 12
ROWS = 400
"""Items of each medium in the tests' catalogue."""
PATIENCE_MS = 15_000
"""How long a test waits for what the page should show; a busy machine takes its time."""
expect.set_options(timeout=PATIENCE_MS)
CONSENT = "if (location.protocol !== 'about:') localStorage.setItem('expression.consent', '1')"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Photos for the page, by name; those with faces are made of the two portraits that may be shipped."""
    folder = tmp_path_factory.mktemp("photos")
    two = Image.new("RGB", (1024, 600), "white")
    two.paste(pictures.astronaut().crop((92, 0, 348, 300)).resize((512, 600)))
    two.paste(Image.open(pictures.HOPPER), (512, 0))
    two.save(folder / "two.jpg", quality=92)
    for box in ((165, 273, 363, 359), (688, 258, 873, 339)):  # over both mouths
        two.paste("steelblue", box)
    two.save(folder / "masked.jpg", quality=92)
    Image.linear_gradient("L").resize((640, 480)).save(folder / "nobody.png")
    pictures.astronaut().resize((256, 256)).save(folder / "png.png")
    (folder / "huge.jpg").write_bytes(bytes(12_000_000))
    (folder / "phone.jpg").write_bytes(pictures.phone_photo())
    (folder / "notes.txt").write_text("not a photo")
    (folder / "lies.jpg").write_text("not a photo either")
    (folder / "cut.jpg").write_bytes(pictures.ASTRONAUT.read_bytes()[:400])
    names = {path.stem: path for path in folder.iterdir()}
    return names | {"astronaut": pictures.ASTRONAUT, "hopper": pictures.HOPPER}


@pytest.fixture(scope="session")
def camera_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film for the fake camera: the astronaut, moving a little from side to side."""
    film = tmp_path_factory.mktemp("camera") / "film.mjpeg"
    portrait = pictures.astronaut().crop((72, 0, 372, 225)).resize((640, 480))
    wide = ImageOps.expand(portrait, border=16, fill="gray")
    with film.open("wb") as sink:
        for frame in range(FRAMES):
            shift = 2 * abs(FRAMES // 2 - frame)
            sink.write(pictures.encode(wide.crop((shift, 8, shift + 640, 488)), "JPEG", quality=85))
    return film


@pytest.fixture(scope="module")  # a session's would leave its event loop running under all later tests
def browser(camera_film: Path) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        cannot_run(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera_film}",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first rows of the shipped catalogue: all of it would take long to fill in on a busy machine."""
    folder = tmp_path_factory.mktemp("catalogue")
    for path in DATA_DIR.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as source:
            rows = list(islice(csv.reader(source), 1 + ROWS))
        with (folder / path.name).open("w", encoding="utf-8", newline="") as sink:
            csv.writer(sink).writerows(rows)
    return folder


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory, catalogue: Path) -> Iterator[str]:
    """The address of a recommender with a database of its own and an inference service behind it."""
    folder = tmp_path_factory.mktemp("services")
    with ExitStack() as stack:
        inference = stack.enter_context(serve("inference", folder / "inference.log"))
        yield stack.enter_context(
            serve(
                "recommender",
                folder / "recommender.log",
                inference_url=inference,
                database_url=f"sqlite:///{folder / 'recommender.db'}",
                catalogue_dir=str(catalogue),
                feedback_per_minute="0",
            )
        )


class Watch:
    """Collects console errors, exceptions and violations of the CSP."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.allowed: list[str] = []

    def allow(self, pattern: str) -> None:
        """Allows complaints that match; a browser logs every failed request as a console error."""
        self.allowed.append(pattern)

    def on(self, context: BrowserContext) -> None:
        def note(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.complaints.append(message.text)

        context.on("console", note)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.expose_function("reportViolation", lambda text: self.complaints.append(f"CSP: {text}"))
        context.add_init_script(
            "addEventListener('securitypolicyviolation',"
            " (event) => reportViolation(event.violatedDirective + ' ' + event.blockedURI))"
        )

    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(re.search(p, text) for p in self.allowed)]


def visit(page: Page, url: str, watch: Watch) -> None:
    """Opens the page, a second time if the network interfaces changed meanwhile.

    Starting a container changes them, and Chromium then cuts every connection, even over loopback.
    """
    page.goto(url)
    try:
        page.locator("#mood-title:not(:empty)").wait_for(timeout=5000)
    except Error:
        if not any("ERR_NETWORK_CHANGED" in text for text in watch.complaints):
            raise
        watch.complaints.clear()
        page.goto(url)
        page.locator("#mood-title:not(:empty)").wait_for()


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    assert watch.unexpected() == []


@pytest.fixture
def open_page(browser: Browser, address: str, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Opens the page in a fresh profile; options go to the browser context, `path` after the address."""
    with ExitStack() as stack:

        def open_page(path: str = "/", *, at: str = address, consent: bool = True, **options: Any) -> Page:
            every: dict[str, Any] = {"viewport": DESKTOP, "locale": "en-GB", **options}
            context = browser.new_context(**every)
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            watch.on(context)
            if consent:
                context.add_init_script(CONSENT)
            page = context.new_page()
            visit(page, at + path, watch)
            return page

        yield open_page


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """The page for a returning visitor, who accepted the notice before."""
    return open_page()
