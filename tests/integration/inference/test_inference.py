"""The inference service in its own process, over real HTTP, with the shipped model."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.emotions import EMOTIONS
from tests.helpers import pictures
from tests.helpers.serving import logged, serve

PHOTO = pictures.ASTRONAUT.read_bytes()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("inference") / "log"


@pytest.fixture(scope="module")
def client(log: Any) -> Iterator[Any]:
    with (
        serve("inference", log, max_upload_bytes="4000000") as address,
        httpx.Client(base_url=address) as http,
    ):
        yield http


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id"}
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert code is None or body["code"] == code
    assert "Traceback" not in body["detail"]
    assert "/services/" not in body["detail"]


def test_multipart_and_raw_body_give_the_same_answer(client: httpx.Client) -> None:
    form = client.post("/predict", files={"file": ("a.jpg", PHOTO, "image/jpeg")})
    raw = client.post("/predict", content=PHOTO, headers={"Content-Type": "image/jpeg"})
    assert form.status_code == raw.status_code == 200
    a, b = form.json(), raw.json()
    assert {k: v for k, v in a.items() if k != "timings_ms"} == {
        k: v for k, v in b.items() if k != "timings_ms"
    }
    assert a["emotion"] == "happy"
    assert list(a["probabilities"]) == list(EMOTIONS)
    assert a["image"] == {"width": 512, "height": 512}
    assert set(a["timings_ms"]) == {"decode", "detect", "classify", "total"}


def test_file_without_name(client: httpx.Client) -> None:
    """The part `file` needs no filename."""
    assert client.post("/predict", files={"file": (None, PHOTO)}).json()["emotion"] == "happy"


def test_curl_without_a_content_type_works_too(client: httpx.Client) -> None:
    """It declares a form then; the body is an image all the same."""
    answer = client.post(
        "/predict", content=PHOTO, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.json()["emotion"] == "happy"


def test_no_face_is_200_and_422_when_strict(client: httpx.Client) -> None:
    blank = pictures.png_of_zeros(320, 240)
    answer = client.post("/predict", content=blank)
    assert answer.status_code == 200
    assert answer.json()["faces"] == []
    assert_problem(client.post("/predict?strict=true", content=blank), 422, "no_face")
    assert client.post("/predict?strict=False", content=blank).status_code == 200
    assert_problem(client.post("/predict?strict=perhaps", content=blank), 422, "invalid")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"hello, I am a text file", 415),
        (PHOTO[:100], (400, 415)),
        (b"\x89PNG\r\n\x1a\n", (400, 415)),
        (pictures.png_of_zeros(30_000, 30_000), 413),
        (b"\xff" * 5_000_000, 413),
    ],
    ids=["empty", "text", "truncated JPEG", "0-byte PNG", "pixel bomb", "too many bytes"],
)
@pytest.mark.parametrize("form", [True, False], ids=["multipart", "raw"])
def test_bad_pictures_are_problems(client: httpx.Client, data: Any, status: int, form: Any) -> None:
    sent = {"files": {"file": ("x.png", data)}} if form else {"content": data}
    answer = client.post("/predict", **sent)
    assert answer.status_code in (status if isinstance(status, tuple) else (status,))
    assert_problem(answer, answer.status_code)


def test_a_jpeg_cut_in_the_middle_never_breaks_the_service(client: httpx.Client) -> None:
    answer = client.post("/predict", content=PHOTO[: len(PHOTO) // 2])
    assert answer.status_code in (200, 400)
    assert client.post("/predict", content=PHOTO).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=" + "x" * 300}},
    ],
    ids=["no boundary", "long boundary"],
)
def test_malformed_forms_are_problems(client: httpx.Client, sent: Any) -> None:
    assert_problem(client.post("/predict", **sent), 400)


def test_a_body_that_grows_past_the_limit_is_cut_off(client: httpx.Client) -> None:
    def endless() -> Iterator[Any]:
        for _ in range(100):
            yield b"\xff" * 100_000

    assert_problem(client.post("/predict", content=endless()), 413, "too_large")


def test_unknown_routes_and_methods_are_problems(client: httpx.Client) -> None:
    assert_problem(client.get("/nowhere"), 404)
    assert_problem(client.get("/predict"), 405)


def test_a_given_request_id_is_kept_and_a_wild_one_replaced(client: httpx.Client) -> None:
    kept = client.get("/healthz", headers={"X-Request-ID": "walk-17"})
    assert kept.headers["x-request-id"] == "walk-17"
    replaced = client.get("/healthz", headers={"X-Request-ID": 'a" onload='})
    assert replaced.headers["x-request-id"].isalnum()


def test_the_model_says_what_it_is(client: httpx.Client) -> None:
    card = client.get("/model").json()
    assert card["labels"] == list(EMOTIONS)
    assert card["input"]["shape"] == [1, 48, 48, 1]
    assert 0.5 < card["metrics"]["accuracy"] < 1
    assert {"sha256", "training_data", "licence", "excluded_use", "version"} <= set(card)


def test_health_metrics_and_documents(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    client.post("/predict", content=PHOTO)
    metrics = client.get("/metrics").text
    assert 'inference_emotions_total{emotion="happy"}' in metrics
    assert 'inference_stage_duration_seconds_count{stage="detect"}' in metrics
    schema = client.get("/openapi.json").json()
    assert schema["paths"]["/predict"]["post"]["responses"]["413"]
    assert client.get("/docs").status_code == 200


def test_many_clients_at_once_get_the_same_right_answer(client: httpx.Client) -> None:
    def ask(_: Any) -> Any:
        return client.post("/predict", content=PHOTO)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(32)))
    right = [a.json() for a in answers if a.status_code == 200]
    assert right
    assert {a.status_code for a in answers} <= {200, 503}
    assert {json.dumps(a["faces"]) for a in right} == {json.dumps(right[0]["faces"])}


def test_a_full_queue_answers_busy(tmp_path: Path) -> None:
    with serve("inference", tmp_path / "log", workers="1", queue="0") as address:

        def ask(_: Any) -> Any:
            return httpx.post(f"{address}/predict", content=pictures.phone_photo(), timeout=60)

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(ask, range(6)))
        refused = [a for a in answers if a.status_code != 200]
        assert any(a.status_code == 200 for a in answers)
        for answer in refused:
            assert_problem(answer, 503, "busy")
            assert answer.headers["retry-after"]
            assert logged(tmp_path / "log", answer.headers["x-request-id"])


def test_logs_hold_requests_and_nothing_of_the_photo(client: httpx.Client, log: Any) -> None:
    client.post("/predict", content=PHOTO, headers={"X-Request-ID": "logged-once"})
    (line,) = [json.loads(text) for text in logged(log, "logged-once")]
    assert set(line) == {
        "time",
        "level",
        "service",
        "message",
        "request_id",
        "method",
        "route",
        "status",
        "duration_ms",
    }


def test_log_is_json(client: httpx.Client, log: Path) -> None:
    """Neither LiteRT's start nor libjpeg's and libpng's complaints stand between the JSON lines."""
    png = bytearray(pictures.encode(pictures.astronaut(), "PNG"))
    png[len(png) // 2] ^= 0xFF
    for damaged in (PHOTO[: len(PHOTO) // 2], bytes(png)):
        client.post("/predict", content=damaged, headers={"X-Request-ID": "damaged"})
    logged(log, "damaged")
    assert all(json.loads(line)["message"] for line in log.read_text().splitlines())
