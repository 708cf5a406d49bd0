"""What the page says about a face."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from services.emotions import EMOTIONS
from tests.browser.steps import CARDS, place, predict, say


def test_bars(page: Page, photos: dict[str, Path]) -> None:
    """Six bars in the order of the labels have the numbers of the answer and lengths to match."""
    answer = predict(page, photos["astronaut"])["prediction"]
    rows = page.locator(".bar")
    assert [row.get_attribute("data-emotion") for row in rows.all()] == list(EMOTIONS)
    page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
    for row in rows.all():
        share = answer["probabilities"][row.get_attribute("data-emotion")]
        text = row.locator(".bar-value").inner_text()
        assert text == ("<1%" if share < 0.005 else f"{share:.0%}")
        if share > 0.1:
            fill = place(row.locator(".bar-fill"))["width"]
            track = place(row.locator(".bar-track"))["width"]
            assert fill / track == pytest.approx(share, abs=0.02)
    expect(page.locator("#verdict")).to_contain_text("Looks happy")
    expect(page.locator("#took")).to_contain_text("ms on the server")


def test_outline(page: Page, photos: dict[str, Path]) -> None:
    """The outline lies where the answer says the face is."""
    answer = predict(page, photos["astronaut"])["prediction"]
    box = answer["faces"][0]["box"]
    face = place(page.get_by_role("button", name="Face 1: happy"))
    picture = place(page.locator("#preview"))
    scale = picture["width"] / answer["image"]["width"]
    assert face["x"] == pytest.approx(picture["x"] + box["x"] * scale, abs=1)
    assert face["y"] == pytest.approx(picture["y"] + box["y"] * scale, abs=1)
    assert face["width"] == pytest.approx(box["width"] * scale, abs=1)


def test_several_faces(page: Page, photos: dict[str, Path]) -> None:
    """Each face is outlined, and choosing another one moves the reading and the shelves to it."""
    answer = predict(page, photos["two"])
    faces = answer["prediction"]["faces"]
    assert len(faces) == 2
    expect(page.locator(".face")).to_have_count(2)
    expect(page.locator("#stage-note")).to_have_text("2 faces found. Choose one, or everyone.")
    happy = next(i for i, face in enumerate(faces) if face["emotion"] == "happy")
    chosen = page.locator('.face[aria-pressed="true"]')
    expect(chosen).to_have_count(1)
    assert chosen.get_attribute("data-emotion") == answer["prediction"]["emotion"]
    with page.expect_request("**/recommend") as request:
        page.get_by_role("button", name=f"Face {happy + 1} of 2").click()
    sent = request.value.post_data
    assert sent is not None
    assert json.loads(sent)["probabilities"] == faces[happy]["probabilities"]
    expect(page.locator("#verdict")).to_contain_text("Looks happy")
    expect(page.get_by_role("heading", name="For feeling happy")).to_be_visible()


def test_everyone(page: Page, photos: dict[str, Path]) -> None:
    """The mood of all faces together can be chosen, and one face again after it."""
    answer = predict(page, photos["two"])
    everyone = page.get_by_role("button", name="Everyone")
    with page.expect_request("**/recommend") as request:
        everyone.click()
    sent = (request.value.post_data_json or {})["probabilities"]
    faces = answer["prediction"]["faces"]
    counted = [face for face in faces if not face["uncertain"]] or faces
    for name, share in sent.items():
        mean = sum(face["probabilities"][name] for face in counted) / len(counted)
        assert share == pytest.approx(mean)
    expect(everyone).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("heading", name="What everyone shows together")).to_be_visible()
    expect(page.locator('.face[aria-pressed="true"]')).to_have_count(0)
    page.locator(".face").first.click()
    expect(everyone).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("heading", name="What the face shows")).to_be_visible()


def test_everyone_uncertain(page: Page, photos: dict[str, Path]) -> None:
    """Where all faces are uncertain, everyone's mood is called unclear, as the service calls it."""
    faces = predict(page, photos["masked"])["prediction"]["faces"]
    assert [face["uncertain"] for face in faces] == [True, True]
    expect(page.get_by_role("heading", name="For feeling")).to_be_visible()
    page.get_by_role("button", name="Everyone").click()
    expect(page.get_by_role("heading", name="A bit of everything")).to_be_visible()
    expect(page.locator("#doubt")).to_be_visible()


def answer_for(address: str, photo: Path) -> dict[str, Any]:
    """The recommender's answer to a photo, for a test to change and play to the page."""
    with photo.open("rb") as file:
        answer: dict[str, Any] = httpx.post(
            f"{address}/recommend/photo", files={"file": file}, timeout=30
        ).json()
    return answer


def test_main_face(page: Page, address: str, photos: dict[str, Path]) -> None:
    """The chosen face is the one whose emotion the answer gives as its own, even if another is larger."""
    answer = answer_for(address, photos["two"])
    smaller = answer["prediction"]["faces"][-1]
    answer["prediction"] |= {name: smaller[name] for name in ("emotion", "probabilities")}
    page.route("**/recommend/photo", lambda route: route.fulfill(json=answer))
    predict(page, photos["two"])
    expect(page.locator(".face").last).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#verdict")).to_have_attribute("data-emotion", smaller["emotion"])


@pytest.mark.parametrize(
    ("because", "line"),
    [
        (["confidence"], "it could also be surprised"),
        (["covered"], "part of the face is covered"),
        (["covered", "confidence"], "part of the face is covered"),
        ([], None),
    ],
)
def test_uncertain(page: Page, address: str, photos: dict[str, Path], because: Any, line: Any) -> None:
    """An uncertain answer, and no other, adds a line that names the second emotion or the covered face."""
    answer = answer_for(address, photos["hopper"])
    face = answer["prediction"]["faces"][0]
    face["probabilities"] = dict.fromkeys(EMOTIONS, 0.05) | {"neutral": 0.45, "surprise": 0.35}
    face |= {"emotion": "neutral", "confidence": 0.45, "uncertain": bool(because)}
    face["uncertain_because"] = because
    page.route("**/recommend/photo", lambda route: route.fulfill(json=answer))
    predict(page, photos["hopper"])
    expect(page.locator("#verdict")).to_contain_text("Looks neutral")
    doubt = page.locator("#doubt")
    if line:
        expect(doubt).to_contain_text(line)
    else:
        expect(doubt).to_be_hidden()


def test_correction(page: Page, photos: dict[str, Path]) -> None:
    """Correcting the mood by hand changes the shelves and leaves the reading as it was."""
    predict(page, photos["astronaut"])
    page.get_by_role("button", name="Not what I feel").click()
    expect(page.locator(".mood").first).to_be_focused()
    answer = say(page, "sad")
    assert answer["emotion"] == "sad"
    expect(page.get_by_role("heading", name="For feeling sad")).to_be_visible()
    expect(page.locator("#verdict")).to_contain_text("Looks happy")
    expect(page.locator('.mood[data-emotion="sad"]')).to_have_attribute("aria-pressed", "true")


def test_no_face(page: Page, photos: dict[str, Path]) -> None:
    """A photo without a face gives a sentence and the mood by hand as the way on."""
    answer = predict(page, photos["nobody"])
    assert answer["recommendation"] is None
    expect(page.get_by_role("alert").first).to_contain_text("No face was found in this photo.")
    page.get_by_role("alert").get_by_role("button", name="Choose the mood by hand").click()
    expect(page.locator(".mood").first).to_be_focused()


def test_reload(page: Page, photos: dict[str, Path]) -> None:
    """A reload keeps the reading, the strategy and the shelves, but not the photo."""
    predict(page, photos["astronaut"])
    page.get_by_label("Calm").check()
    expect(page.locator("#shelves-note")).to_have_text("Calm, unhurried picks.")
    page.reload()
    expect(page.locator(CARDS).first).to_be_visible()
    expect(page.locator("#verdict")).to_contain_text("Looks happy")
    expect(page.locator("#shelves-note")).to_have_text("Calm, unhurried picks.")
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("#stage-note")).to_contain_text("The photo was not kept over the reload")
