"""The requests whose cost `python -m bench.measure` measures."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count, cycle
from typing import Final, NamedTuple

import cv2
import httpx
from websockets.sync.client import connect

from bench.detection.scenes import empty, groups
from services.emotions import EMOTIONS
from tests.helpers.pictures import ASTRONAUT, phone_photo

ACTIONS: Final = ("like", "open", "dislike", "skip")
FEEDBACK: Final = "/feedback"
FEEDBACK_PER_USER: Final = 20
JPEG: Final = {"Content-Type": "image/jpeg"}


class Request(NamedTuple):
    name: str
    times: int
    """Often enough for a stable figure."""
    send: Callable[[], object]


def _feedback(http: httpx.Client) -> Iterator[httpx.Request]:
    items = _catalogue_ids(http)
    for number in count():
        user, turn = divmod(number, FEEDBACK_PER_USER)
        body = {
            "user_id": f"user-{user}",
            "item_id": items[(user * 7 + turn * 131) % len(items)],
            "action": ACTIONS[turn % len(ACTIONS)],
            "emotion": EMOTIONS[turn % len(EMOTIONS)],
        }
        yield http.build_request("POST", FEEDBACK, json=body)


def _catalogue_ids(http: httpx.Client) -> list[int]:
    items: list[int] = []
    cursor = "0"
    while cursor is not None and len(items) < 2000:
        page = http.get("/items", params={"limit": 100, "cursor": cursor}).json()
        items += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    return items


def photo_requests(photos: httpx.Client, stack: ExitStack) -> Iterator[Request]:
    """To inference; the stream stays open until `stack` is closed."""
    portrait = ASTRONAUT.read_bytes()
    kinds = {
        "portrait 512×512": (150, [portrait]),
        "phone photo, 12 megapixels": (30, [phone_photo()]),
        "no face": (42, [_encode(scene.picture) for scene in empty()]),
        "group of 30": (16, [_encode(scene.picture) for scene in groups()]),
    }
    for name, (times, pictures) in kinds.items():

        def predict(turns: Iterator[bytes] = cycle(pictures)) -> None:  # noqa: B008 # one per kind
            photos.post("/predict", content=next(turns), headers=JPEG).raise_for_status()

        yield Request(f"`/predict`, {name}", times, predict)
    socket = stack.enter_context(connect(f"{photos.base_url}".replace("http", "ws", 1) + "/stream"))

    def frame() -> None:
        socket.send(portrait)
        socket.recv(timeout=60)

    yield Request("`/stream`, a frame of the portrait", 200, frame)
    yield Request("`/healthz` of inference", 300, lambda: photos.get("/healthz").raise_for_status())


def _encode(grey: cv2.typing.MatLike) -> bytes:
    return cv2.imencode(".jpg", grey)[1].tobytes()


def mood_requests(http: httpx.Client) -> Iterator[Request]:
    """To the recommender; feedback comes before the recommendations that it makes dearer."""
    form = {"file": ("face.jpg", ASTRONAUT.read_bytes(), "image/jpeg")}
    feedback = _feedback(http)

    def get(path: str, **params: str) -> Callable[[], object]:
        return lambda: http.get(path, params=params).raise_for_status()

    def photo() -> None:
        http.post("/recommend/photo", files=form).raise_for_status()

    yield Request("`/healthz`", 300, get("/healthz"))
    yield Request("`/recommend`, 4 media × 5 items", 200, get("/recommend", emotion="sad"))
    yield Request("`/recommend/photo`, portrait", 100, photo)
    yield Request(f"`{FEEDBACK}`", 4000, lambda: http.send(next(feedback)).raise_for_status())
    known = get("/recommend", emotion="sad", user_id="user-3")
    yield Request("`/recommend`, a user with 20 opinions", 200, known)
