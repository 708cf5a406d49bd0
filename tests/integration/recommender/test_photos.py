"""Photo routes against a hand-written inference."""

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.emotions import EMOTIONS
from tests.helpers.recommender import NO_FACE, PREDICTION, FakeInference, assert_problem, recommender
from tests.helpers.serving import free_port

PHOTO = b"\xff\xd8 not looked into by this service \xff\xd9"
FORM = {"file": ("face.jpg", PHOTO, "image/jpeg")}


def problem(status: int, code: str, detail: Any = "about the photo") -> Any:
    return {"type": "about:blank", "title": "x", "status": status, "detail": detail, "code": code}


def test_predict_raw_body(api: httpx.Client, inference: FakeInference) -> None:
    """/predict passes a raw body, its type, the request id and the answer through."""
    answer = api.post(
        "/predict?strict=true",
        content=PHOTO,
        headers={"Content-Type": "image/jpeg", "X-Request-ID": "walk-1"},
    )
    assert answer.json() == PREDICTION
    asked = inference.seen[-1]
    assert asked["body"] == PHOTO
    assert asked["query"] == "strict=true"
    assert asked["headers"]["content-type"] == "image/jpeg"
    assert asked["headers"]["x-request-id"] == "walk-1"


def test_predict_form(api: httpx.Client, inference: FakeInference) -> None:
    """/predict passes a form through unchanged."""
    assert api.post("/predict", files=FORM).json() == PREDICTION
    asked = inference.seen[-1]
    assert PHOTO in asked["body"]
    assert asked["headers"]["content-type"].startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize("how", ["form", "raw", "curl"])
def test_photo(api: httpx.Client, inference: FakeInference, how: Any) -> None:
    """A photo gets inference's prediction and a recommendation for its mood."""
    params: dict[str, str | int] = {"medium": "song", "limit": 3}
    kinds = {"raw": "image/jpeg", "curl": "application/x-www-form-urlencoded"}
    if how == "form":
        answer = api.post("/recommend/photo", params=params, files=FORM)
    else:
        answer = api.post(
            "/recommend/photo", params=params, content=PHOTO, headers={"Content-Type": kinds[how]}
        )
    body = answer.json()
    assert inference.seen[-1]["body"] == PHOTO
    assert body["prediction"] == PREDICTION
    shelf = body["recommendation"]
    assert shelf["emotion"] == "sad"
    assert shelf["probabilities"] == pytest.approx(PREDICTION["probabilities"])
    assert [item["medium"] for item in shelf["items"]] == ["song"] * 3


@pytest.mark.usefixtures("inference")
def test_form_options(api: httpx.Client) -> None:
    """Options in form fields override those in the query."""
    fields = {"medium": ["book", "game"], "limit": "2", "strategy": "calm"}
    answer = api.post("/recommend/photo?medium=song&limit=9", files=FORM, data=fields).json()[
        "recommendation"
    ]
    assert answer["strategy"] == "calm"
    assert [item["medium"] for item in answer["items"]] == ["book", "book", "game", "game"]


@pytest.mark.usefixtures("inference")
@pytest.mark.parametrize(
    "fields", [{"limit": "0"}, {"medium": "opera"}, {"exclude": ["1", "x"]}, {"strategy": "False"}]
)
def test_bad_form_options(api: httpx.Client, fields: Any) -> None:
    """An invalid option in a form field is a 422."""
    assert_problem(api.post("/recommend/photo", files=FORM, data=fields), 422, "invalid")


def test_no_face(api: httpx.Client, inference: FakeInference) -> None:
    """A photo without a face gets no recommendation."""
    inference.answer(NO_FACE)
    body = api.post("/recommend/photo", files=FORM).json()
    assert body == {"prediction": NO_FACE, "recommendation": None}


def face(emotion: str, *, uncertain: bool) -> Any:
    shares = {label: float(label == emotion) for label in EMOTIONS}
    return {"emotion": emotion, "probabilities": shares, "uncertain": uncertain}


@pytest.mark.parametrize(
    ("faces", "shares", "clear"),
    [
        ([("happy", False), ("sad", False), ("angry", True)], {"happy": 0.5, "sad": 0.5}, True),
        ([("happy", True), ("sad", True)], {"happy": 0.5, "sad": 0.5}, False),
        ([("surprise", False)], {"surprise": 1.0}, True),
    ],
)
def test_all_faces(api: httpx.Client, inference: FakeInference, faces: Any, shares: Any, clear: Any) -> None:
    """`faces=all` takes the mean of the faces that are not uncertain, or of all if all are."""
    made = [face(emotion, uncertain=uncertain) for emotion, uncertain in faces]
    inference.answer({**PREDICTION, "faces": made})
    shelf = api.post("/recommend/photo?faces=all", files=FORM).json()["recommendation"]
    assert shelf["probabilities"] == pytest.approx(dict.fromkeys(EMOTIONS, 0.0) | shares)
    assert shelf["clear"] is clear
    inform = api.post("/recommend/photo", files=FORM, data={"faces": "ALL"}).json()["recommendation"]
    assert inform["probabilities"] == shelf["probabilities"]
    main = api.post("/recommend/photo?faces=main", files=FORM).json()["recommendation"]
    assert main["probabilities"] == pytest.approx(PREDICTION["probabilities"])
    assert main["clear"] is True


def test_all_of_no_faces(api: httpx.Client, inference: FakeInference) -> None:
    """Without a face, `faces=all` gets no recommendation; an unknown value is a 422."""
    inference.answer(NO_FACE)
    assert api.post("/recommend/photo?faces=all", files=FORM).json()["recommendation"] is None
    assert_problem(api.post("/recommend/photo?faces=some", files=FORM), 422, "invalid")


def test_unknown_fields(api: httpx.Client, inference: FakeInference) -> None:
    """Fields of inference's answer that this version does not know reach the client."""
    answer = {**PREDICTION, "weather": "fine", "faces": [{"emotion": "sad", "glasses": True}]}
    inference.answer(answer)
    assert api.post("/predict", files=FORM).json() == answer
    assert api.post("/recommend/photo", files=FORM).json()["prediction"] == answer


@pytest.mark.usefixtures("inference")
def test_documented_prediction(api: httpx.Client) -> None:
    """The OpenAPI document types the prediction in both answers."""
    document = api.get("/openapi.json").json()
    prediction = {"$ref": "#/components/schemas/Prediction"}
    predicted = document["paths"]["/predict"]["post"]["responses"]["200"]
    assert predicted["content"]["application/json"]["schema"] == prediction
    schemas = document["components"]["schemas"]
    assert schemas["PhotoRecommendation"]["properties"]["prediction"] == prediction
    assert {"emotion", "probabilities", "faces", "image"} <= schemas["Prediction"]["properties"].keys()


@pytest.mark.parametrize("path", ["/predict", "/recommend/photo"])
def test_detect(api: httpx.Client, inference: FakeInference, path: str) -> None:
    """`detect=false` is passed to inference; without it nothing is."""
    assert api.post(f"{path}?detect=false", content=PHOTO).status_code == 200
    assert inference.seen[-1]["query"] == "detect=false"
    assert api.post(path, content=PHOTO).status_code == 200
    assert not inference.seen[-1]["query"]
    assert_problem(api.post(f"{path}?detect=perhaps", content=PHOTO), 422, "invalid")


def test_detect_in_form(api: httpx.Client, inference: FakeInference) -> None:
    """`detect` is a form field too."""
    assert api.post("/recommend/photo", files=FORM, data={"detect": "false"}).status_code == 200
    assert inference.seen[-1]["query"] == "detect=false"


def test_file_without_name(api: httpx.Client, inference: FakeInference) -> None:
    """A photo in `file` needs no filename, and not a byte of it changes."""
    assert api.post("/recommend/photo", files={"file": (None, PHOTO)}).status_code == 200
    assert inference.seen[-1]["body"] == PHOTO


@pytest.mark.usefixtures("inference")
def test_many_excluded_in_form(api: httpx.Client) -> None:
    """A form takes a thousand excluded ids, and far more parts are a 413."""
    for count, status in ((1_000, 200), (2_000, 413)):
        fields = [("exclude", (None, str(number + 1))) for number in range(count)]
        answer = api.post("/recommend/photo", files=[*FORM.items(), *fields])
        assert answer.status_code == status


@pytest.mark.usefixtures("inference")
def test_form_without_file(api: httpx.Client) -> None:
    """A form without a file in the field `file` is a 422."""
    answer = api.post("/recommend/photo", files={"picture": ("a.jpg", PHOTO, "image/jpeg")})
    assert_problem(answer, 422, "invalid")
    answer = api.post("/recommend/photo", files={"x": (None, "1")}, data={"file": "a path, not a file"})
    assert_problem(answer, 422, "invalid")


@pytest.mark.usefixtures("inference")
@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_broken_form(api: httpx.Client, kind: Any) -> None:
    """A broken form is a 400."""
    answer = api.post("/recommend/photo", content=b"--y\r\nnonsense", headers={"Content-Type": kind})
    assert_problem(answer, 400, "unreadable")


@pytest.mark.parametrize("path", ["/predict", "/recommend/photo"])
def test_photo_too_large(api: httpx.Client, inference: FakeInference, path: str) -> None:
    """A photo that is too large is a 413 and never reaches inference."""
    headers = {"Content-Type": "image/jpeg"}
    assert_problem(api.post(path, content=bytes(200_001), headers=headers), 413, "too_large")
    undeclared = iter([bytes(150_000), bytes(150_000)])
    assert_problem(api.post(path, content=undeclared, headers=headers), 413, "too_large")
    assert inference.seen == []


@pytest.mark.parametrize("path", ["/predict", "/recommend/photo"])
@pytest.mark.parametrize(
    ("status", "code"), [(400, "unreadable"), (413, "too_large"), (415, "not_an_image"), (422, "no_face")]
)
def test_rejected_photo(
    api: httpx.Client, inference: FakeInference, path: str, status: int, code: str
) -> None:
    """Inference's 4xx about the photo is passed on."""
    inference.answer(problem(status, code), status, "application/problem+json")
    body = assert_problem(api.post(path, files=FORM), status, code)
    assert body["detail"] == "about the photo"


def test_inference_429(api: httpx.Client, inference: FakeInference) -> None:
    """A 429 of inference keeps its Retry-After."""
    inference.answer(problem(429, "slow_down"), 429, "application/problem+json", retry_after="7")
    answer = api.post("/predict", files=FORM)
    assert_problem(answer, 429, "slow_down")
    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("status", "body", "expected", "code"),
    [
        (503, b"{}", 503, "busy"),
        (500, b"Traceback: /services/secret.py", 502, "inference_bad_answer"),
        (200, b"<html>", 502, "inference_bad_answer"),
        (200, b"[]", 502, "inference_bad_answer"),
        (404, b"{}", 502, "inference_bad_answer"),
        (302, b"{}", 502, "inference_bad_answer"),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/recommend/photo"])
def test_failing_inference(
    api: httpx.Client, inference: FakeInference, path: str, status: int, body: Any, expected: int, code: str
) -> None:
    """A failure of inference is a problem with Retry-After and nothing of its body."""
    inference.answer(body, status)
    answer = api.post(path, files=FORM)
    assert_problem(answer, expected, code)
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "wrong",
    [{"emotion": "sad"}, {**PREDICTION, "probabilities": {"sad": 1}}, {**PREDICTION, "emotion": "bored"}],
)
def test_invalid_prediction(api: httpx.Client, inference: FakeInference, wrong: Any) -> None:
    """A prediction without a valid mood is a 502."""
    inference.answer(wrong)
    assert_problem(api.post("/recommend/photo", files=FORM), 502, "inference_bad_answer")


def test_hanging_inference(api: httpx.Client, inference: FakeInference) -> None:
    """An inference that does not answer in time is a 504."""
    inference.hold = threading.Event()
    try:
        answer = api.post("/predict", files=FORM)
    finally:
        inference.hold.set()
    assert_problem(answer, 504, "inference_timeout")
    assert int(answer.headers["retry-after"]) > 0


def test_no_inference(sqlite_url: str, made_catalogue: Path) -> None:
    """Without inference photos are a 503, and moods still work."""
    with recommender(
        database_url=sqlite_url,
        catalogue_dir=made_catalogue,
        inference_url=f"http://127.0.0.1:{free_port()}",
    ) as api:
        answer = api.post("/recommend/photo", files=FORM)
        assert_problem(answer, 503, "inference_unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert_problem(api.post("/predict", files=FORM), 503, "inference_unavailable")
        assert api.get("/recommend", params={"emotion": "sad"}).status_code == 200
        assert api.get("/readyz").json()["inference"] == "unavailable"
