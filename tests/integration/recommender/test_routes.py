"""The contract's routes over real HTTP, on SQLite and on PostgreSQL."""

import json
from typing import Any

import httpx
import pytest

from services.emotions import EMOTIONS
from tests.helpers.recommender import PROBABILITIES, FakeInference, assert_problem

ITEM_FIELDS = [
    *("id", "medium", "title", "creator", "year", "url", "kind", "genres", "tags", "language"),
    *("runtime_min", "explicit", "age_rating", "links", "image_url"),
    *("emotions", "valence", "arousal", "score", "reason"),
]
MEDIA = ["movie", "song", "book", "game"]


def test_recommend_shape(api: httpx.Client) -> None:
    """GET /recommend answers with the contract's fields, five items per medium."""
    answer = api.get("/recommend", params={"emotion": "sad"})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {*("emotion", "probabilities", "strategy", "target", "items", "clear", "left_out")}
    assert body["emotion"] == "sad"
    assert body["probabilities"] is None
    assert body["strategy"] == "lift"
    assert list(body["items"][0]) == ITEM_FIELDS
    assert [item["medium"] for item in body["items"]] == [m for m in MEDIA for _ in range(5)]


def test_order_of_items(api: httpx.Client) -> None:
    """Items come by medium, then by score."""
    items = api.get("/recommend", params={"emotion": "happy", "limit": 10}).json()["items"]
    for medium in MEDIA:
        scores = [item["score"] for item in items if item["medium"] == medium]
        assert len(scores) == 10
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_order_of_media(api: httpx.Client) -> None:
    """Media come in the order asked for, each once."""
    media = ["game", "movie", "game"]
    params: dict[str, str | int | list[str]] = {"emotion": "happy", "medium": media, "limit": 2}
    items = api.get("/recommend", params=params).json()["items"]
    assert [item["medium"] for item in items] == ["game", "game", "movie", "movie"]


@pytest.mark.parametrize(("alias", "label"), [("disgust", "angry"), ("Joy", "happy"), (" sadness ", "sad")])
def test_aliases(api: httpx.Client, alias: Any, label: Any) -> None:
    """Aliases are accepted and answered with the label."""
    assert api.get("/recommend", params={"emotion": alias}).json()["emotion"] == label


@pytest.mark.parametrize("strategy", ["match", "lift", "calm"])
def test_strategy(api: httpx.Client, strategy: str) -> None:
    """A given strategy is used."""
    body = api.get("/recommend", params={"emotion": "sad", "strategy": strategy}).json()
    assert body["strategy"] == strategy


def test_items_near_target(api: httpx.Client) -> None:
    """Recommended items lie near the target."""
    body = api.get("/recommend", params={"emotion": "sad", "strategy": "lift", "medium": "song"}).json()
    for item in body["items"]:
        assert abs(item["valence"] - body["target"]["valence"]) < 0.6
        assert abs(item["arousal"] - body["target"]["arousal"]) < 0.6


def test_curated_item(api: httpx.Client) -> None:
    """An item that a person linked to the mood is recommended with that reason."""
    items = api.get("/recommend", params={"emotion": "sad", "medium": "movie", "limit": 20}).json()["items"]
    picked = [item for item in items if item["title"] == "Handpicked"]
    assert picked[0]["emotions"] == ["happy", "sad"]
    assert "picked by hand for a sad mood" in picked[0]["reason"]


def test_language(api: httpx.Client) -> None:
    """Reasons speak the language that Accept-Language asks for; the items are the same."""
    params: dict[str, str | int] = {"emotion": "sad", "medium": "movie"}
    answers = {
        header: api.get("/recommend", params=params, headers={"Accept-Language": header}).json()["items"]
        for header in ("de-AT,de;q=0.9,en;q=0.5", "en", "fr", "fr;q=0.9, de;q=0.1")
    }
    german, english, french, rather_german = answers.values()
    assert [item["id"] for item in german] == [item["id"] for item in english]
    assert all(item["reason"].startswith("Ein") for item in german)
    assert english == french
    assert german == rather_german
    assert not {item["reason"] for item in german} & {item["reason"] for item in english}


def test_language_in_caches(api: httpx.Client, inference: FakeInference) -> None:
    """Answers with reasons tell caches that they depend on Accept-Language; others do not."""
    inference.reset()
    photo = {"file": ("face.jpg", b"not looked into", "image/jpeg")}
    for answer in (
        api.get("/recommend", params={"emotion": "sad"}),
        api.post("/recommend", json={"emotion": "sad"}),
        api.post("/recommend/photo", files=photo),
        api.get("/items/1/similar"),
    ):
        assert answer.status_code == 200
        assert answer.headers["vary"].split(", ").count("Accept-Language") == 1
    assert "Accept-Language" not in api.get("/items/1").headers.get("vary", "")


def test_flat_vector(api: httpx.Client) -> None:
    """Equal shares are no clear mood, and are not matched."""
    answer = api.post("/recommend", json={"probabilities": dict.fromkeys(EMOTIONS, 1 / 6)}).json()
    assert answer["clear"] is False
    assert answer["strategy"] != "match"
    assert api.get("/recommend", params={"emotion": "sad"}).json()["clear"] is True


def test_sensitive(api: httpx.Client) -> None:
    """`sensitive` takes two values, case-blind."""
    params: dict[str, str | int] = {"emotion": "sad", "strategy": "match"}
    for value in ("include", "Leave_Out"):
        assert api.get("/recommend", params={**params, "sensitive": value}).json()["left_out"] == 0
    assert_problem(api.get("/recommend", params={**params, "sensitive": "some"}), 422, "invalid")


def test_whole_vector(api: httpx.Client) -> None:
    """Vectors with the same largest share get different targets."""
    torn = {**dict.fromkeys(EMOTIONS, 0.0), "sad": 0.5, "happy": 0.5}
    answer = api.post("/recommend", json={"probabilities": PROBABILITIES, "strategy": "match"}).json()
    other = api.post("/recommend", json={"probabilities": torn, "strategy": "match"}).json()
    assert answer["emotion"] == "sad"
    assert answer["probabilities"] == pytest.approx(PROBABILITIES)
    assert answer["target"]["valence"] < other["target"]["valence"] - 0.3


def test_post_emotion(api: httpx.Client) -> None:
    """POST /recommend with an emotion answers as GET does."""
    body: dict[str, str | int] = {"emotion": "fear", "medium": "book", "limit": 3}
    posted = api.post("/recommend", json=body).json()
    got = api.get("/recommend", params=body).json()
    assert posted == got
    assert len(posted["items"]) == 3


def test_added_aliases(api: httpx.Client) -> None:
    """Shares of several names for one label are added."""
    shares = {"anger": 0.2, "disgust": 0.3, "fear": 0.1, "happiness": 0.1, "sad": 0.1, "surprise": 0.1}
    body = api.post("/recommend", json={"probabilities": {**shares, "neutral": 0.1}}).json()
    assert body["emotion"] == "angry"
    assert body["probabilities"]["angry"] == pytest.approx(0.5)


def test_rescaled_sum(api: httpx.Client) -> None:
    """A sum within the tolerance is rescaled to 1."""
    given = {**dict.fromkeys(EMOTIONS, 0.0), "happy": 0.5, "neutral": 0.495}
    shares = api.post("/recommend", json={"probabilities": given}).json()["probabilities"]
    assert sum(shares.values()) == pytest.approx(1)


def test_exclude(api: httpx.Client) -> None:
    """Excluded items are not recommended."""
    params: dict[str, str | int] = {"emotion": "sad", "medium": "movie", "limit": 10}
    first = {item["id"] for item in api.get("/recommend", params=params).json()["items"]}
    second = api.get("/recommend", params={**params, "exclude": sorted(first)}).json()["items"]
    assert len(second) == 10
    assert not first & {item["id"] for item in second}


def test_exclude_limit(api: httpx.Client) -> None:
    """A body may exclude ten thousand items, and not one more."""
    everything = [i for i in range(1, 10_001) if i != 7]
    body = {"emotion": "sad", "medium": MEDIA, "limit": 50, "exclude": [*everything, 10_001]}
    assert [item["id"] for item in api.post("/recommend", json=body).json()["items"]] == [7]
    assert_problem(api.post("/recommend", json={**body, "exclude": list(range(1, 10_002))}), 422, "invalid")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"emotion": "bored"},
        {"emotion": ""},
        {"emotion": "sad", "medium": "opera"},
        {"emotion": "sad", "limit": 0},
        {"emotion": "sad", "limit": 51},
        {"emotion": "sad", "limit": "five"},
        {"emotion": "sad", "strategy": "shout"},
        {"emotion": "sad", "exclude": "x"},
        {"emotion": "sad", "exclude": 10**30},
        {"emotion": "sad", "user_id": "a/b"},
        {"emotion": "sad", "user_id": "x" * 65},
    ],
)
def test_bad_query(api: httpx.Client, params: Any) -> None:
    """An invalid query parameter is a 422."""
    assert_problem(api.get("/recommend", params=params), 422, "invalid")


@pytest.mark.parametrize(
    "probabilities",
    [
        {},
        {"sad": 1.0},
        {**PROBABILITIES, "bored": 0.0},
        {**PROBABILITIES, "sad": -0.7},
        {**PROBABILITIES, "sad": 0.8},
        {**PROBABILITIES, "sad": float("nan")},
        {**PROBABILITIES, "sad": float("inf")},
        {**PROBABILITIES, "sad": "much"},
        {**PROBABILITIES, "sad": None},
        {**PROBABILITIES, "sad": 10**400},
        [0.1, 0.2],
        "sad",
        None,
    ],
)
def test_bad_probabilities(api: httpx.Client, probabilities: Any) -> None:
    """Invalid probabilities are a 422."""
    body = json.dumps({"probabilities": probabilities})
    answer = api.post("/recommend", content=body, headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, "invalid")


@pytest.mark.parametrize("content", ["[]", "3", "null", '"sad"', "", "{}", '{"emotion": 3}'])
def test_json_without_mood(api: httpx.Client, content: Any) -> None:
    """JSON without a mood is a 422."""
    answer = api.post("/recommend", content=content, headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, "invalid")


@pytest.mark.parametrize(
    "content", ["{", "sad", '{"emotion": "sad",}', "{'emotion': 'sad'}", b'{"emotion": "\xff"}']
)
def test_no_json(api: httpx.Client, content: Any) -> None:
    """A body that is no JSON is a 400."""
    answer = api.post("/recommend", content=content, headers={"Content-Type": "application/json"})
    assert_problem(answer, 400, "unreadable")


def test_emotion_and_probabilities(api: httpx.Client) -> None:
    """Emotion and probabilities together are a 422."""
    body = {"emotion": "sad", "probabilities": PROBABILITIES}
    assert_problem(api.post("/recommend", json=body), 422, "invalid")


@pytest.mark.parametrize("depth", [10, 300, 900, 1_100, 70_000])
@pytest.mark.parametrize("start", ['{"emotion": "sad", "x": ', '{"probabilities": ', '{"exclude": ', ""])
def test_deep_json(api: httpx.Client, start: Any, depth: Any) -> None:
    """Deeply nested JSON is accepted or rejected, never a failure."""
    content = start + "[" * depth + "]" * depth + "}" * bool(start)
    answer = api.post("/recommend", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in {200, 400, 422}
    if depth > 1_000:
        assert_problem(answer, 400, "unreadable")


def test_large_json(api: httpx.Client) -> None:
    """JSON over the limit is a 413, with or without a declared length."""
    big = b'{"emotion": "sad", "x": "' + b"x" * 200_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    assert_problem(api.post("/recommend", content=big, headers=headers), 413, "too_large")
    assert_problem(api.post("/recommend", content=iter([big]), headers=headers), 413, "too_large")


def test_unknown_paths(api: httpx.Client) -> None:
    """Unknown paths are a 404 and wrong methods a 405, as problems."""
    assert_problem(api.get("/nothing/here"), 404, "not_found")
    assert_problem(api.post("/nothing"), 404, "not_found")
    assert_problem(api.put("/recommend"), 405, "method_not_allowed")
    assert_problem(api.get("/recommend/photo"), 405, "method_not_allowed")


def test_request_id(api: httpx.Client) -> None:
    """A short plain request id is kept; any other is replaced."""
    kept = api.get("/healthz", headers={"X-Request-ID": "abc-123"})
    assert kept.headers["x-request-id"] == "abc-123"
    replaced = api.get("/healthz", headers={"X-Request-ID": "a b{}" + "c" * 200})
    assert len(replaced.headers["x-request-id"]) == 32


def test_emotions(api: httpx.Client) -> None:
    """/emotions lists the labels in order, with aliases and places."""
    listed = api.get("/emotions").json()
    assert [entry["name"] for entry in listed] == list(EMOTIONS)
    assert "disgust" in listed[0]["aliases"]
    assert listed[2]["valence"] > 0.5


def test_media(api: httpx.Client) -> None:
    """/media lists the media in order, with their sizes."""
    listed = api.get("/media").json()
    assert [entry["name"] for entry in listed] == MEDIA
    assert all(entry["items"] >= 99 for entry in listed)


def test_paging(api: httpx.Client) -> None:
    """Paging through /items reaches every item once."""
    seen, cursor = [], None
    while True:
        params: dict[str, Any] = {"medium": "book", "limit": 30, **({"cursor": cursor} if cursor else {})}
        page = api.get("/items", params=params).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 100


def test_search(api: httpx.Client) -> None:
    """Search ignores case and accents, and needs every word."""
    found = api.get("/items", params={"q": "MÁKER 3, song 13", "limit": 200}).json()["items"]
    assert [(item["creator"], item["title"]) for item in found] == [("Maker 3", "song 13")]
    assert api.get("/items", params={"q": "100%_nothing"}).json()["items"] == []


def test_filter_by_emotion(api: httpx.Client) -> None:
    """/items can be filtered by linked emotion."""
    found = api.get("/items", params={"emotion": "sad"}).json()["items"]
    assert "Handpicked" in [item["title"] for item in found]
    assert all("sad" in item["emotions"] for item in found)


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"medium": "opera"}, {"emotion": "bored"}]
)
def test_bad_filters(api: httpx.Client, params: Any) -> None:
    """An invalid filter is a 422."""
    assert_problem(api.get("/items", params=params), 422, "invalid")


def test_unknown_items(api: httpx.Client) -> None:
    """Unknown ids are a 404 and impossible ones a 422."""
    assert_problem(api.get("/items/999999"), 404, "not_found")
    assert_problem(api.get(f"/items/{2**31 - 1}"), 404, "not_found")
    assert_problem(api.get(f"/items/{2**31}"), 422, "invalid")
    assert_problem(api.get("/items/0"), 422, "invalid")
    assert_problem(api.get("/items/99999999999999999999999"), 422, "invalid")
    assert_problem(api.get("/items/x"), 422, "invalid")


def test_health(api: httpx.Client, inference: FakeInference) -> None:
    """Health, readiness and metrics answer; readiness reports inference and the breaker."""
    assert api.get("/healthz").json() == {"status": "ok"}
    ready = {"status": "ready", "database": "ok", "inference": "ok", "breaker": "closed"}
    assert api.get("/readyz").json() == ready
    inference.answer({}, 503)
    assert api.get("/readyz").json()["inference"] == "unavailable"
    text = api.get("/metrics").text
    assert 'recommender_requests_total{method="GET",route="/healthz",status="200"}' in text


def test_docs(api: httpx.Client) -> None:
    """/docs loads nothing from elsewhere and runs only its own inline script."""
    page = api.get("/docs")
    assert page.status_code == 200
    assert "https://cdn" not in page.text
    assert "/docs-assets" not in page.text, "an absolute path does not hold behind a proxy's prefix"
    assert "'unsafe-inline'" not in page.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-" in page.headers["content-security-policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"):
        assert f"docs-assets/{name}" in page.text
        assert api.get(f"/docs-assets/{name}").status_code == 200


def test_openapi_has_examples(api: httpx.Client) -> None:
    """The OpenAPI document has the routes and their examples."""
    document = api.get("/openapi.json").json()
    assert document["components"]["schemas"]["MoodBody"]["examples"]
    assert "/recommend/photo" in document["paths"]


@pytest.mark.parametrize("path", ["/", "/emotions", "/nothing", "/docs"])
def test_security_headers(api: httpx.Client, path: str) -> None:
    """Every answer has the security headers; the page's own also name the hosts of covers."""
    headers = api.get(path).headers
    policy = headers["content-security-policy"]
    before, _, after = policy.partition("blob: data:; ")
    assert after.startswith("connect-src 'self'; object-src 'none'")
    named = before.removeprefix("default-src 'self'; img-src 'self' ").split()
    assert named == [] if path != "/" else all(host.startswith("https://") for host in named)
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["permissions-policy"].startswith("camera=(self)")


def test_page(api: httpx.Client) -> None:
    """`/` is the web page."""
    page = api.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
