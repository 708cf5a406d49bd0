"""The dashboard and the alerts ask for what the services tell: by name, and in a real Prometheus."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from services.inference.metrics import Metrics as InferenceMetrics
from services.recommender.metrics import Metrics as RecommenderMetrics
from tests.helpers.pictures import ASTRONAUT
from tests.helpers.serving import free_port, serve
from tests.helpers.stages import cannot_run

FOLDER = Path(__file__).parent.parent.parent / "deploy" / "observability"
METRIC = re.compile(r"\b((?:inference|recommender)_[a-z_]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
GROUPING = re.compile(r"\bby \(([^)]*)\)")
ADDED_BY_PROMETHEUS = {"instance", "job", "le"}


def dashboard_queries() -> dict[str, list[str]]:
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    return {p["title"]: [t["expr"] for t in p["targets"]] for p in panels if p["type"] != "row"}


def alert_queries() -> dict[str, list[str]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: [rule["expr"]] for group in groups for rule in group["rules"]}


def queries() -> list[tuple[str, str]]:
    return [
        (title, query)
        for found in (dashboard_queries(), alert_queries())
        for title, several in found.items()
        for query in several
    ]


def known_metrics() -> dict[str, set[str]]:
    """Every series name that the services can show, with its labels."""
    known: dict[str, set[str]] = {}
    for metrics in (InferenceMetrics(), RecommenderMetrics()):
        for metric in vars(metrics).values():
            labels = set(getattr(metric, "_labelnames", ()))
            for family in metric.collect() if hasattr(metric, "describe") else ():
                suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
                known |= {family.name + suffix: labels for suffix in suffixes.get(family.type, [""])}
    return known


@pytest.mark.parametrize(("title", "query"), queries())
def test_queries_use_known_metrics(title: str, query: str) -> None:
    """Every query uses metrics and labels that exist."""
    known = known_metrics()
    used = METRIC.findall(query.replace("[$__rate_interval]", ""))
    asked = {name for name, _ in used}
    assert asked <= known.keys(), title
    for name, selector in used:
        assert set(LABEL.findall(re.sub(r'"[^"]*"', '""', selector))) <= known[name] | ADDED_BY_PROMETHEUS, (
            title
        )
    labels = set().union(ADDED_BY_PROMETHEUS, *(known[name] for name in asked))
    for group in GROUPING.findall(query):
        assert {label.strip() for label in group.split(",")} <= labels, title


def test_dashboard_shows_all_metrics() -> None:
    """Every metric of the services is on the dashboard."""
    shown = " ".join(query for several in dashboard_queries().values() for query in several)
    stems = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in known_metrics()}
    assert {stem for stem in stems if stem not in shown} == set()


def needed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        cannot_run(f"no {program}")
    return path


@pytest.mark.parametrize(
    "command",
    [
        ["check", "rules", "alerts.yml"],
        ["check", "config", "prometheus.yml"],
        ["test", "rules", "alerts_test.yml"],
    ],
    ids=" ".join,
)
def test_promtool(command: list[str]) -> None:
    """Rules and configuration pass promtool, and alerts fire as expected."""
    done = subprocess.run(
        [needed("promtool"), *command], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The addresses of both services, after every kind of traffic that the dashboard shows."""
    needed("prometheus")
    folder = tmp_path_factory.mktemp("services")
    database = f"sqlite:///{folder / 'recommender.db'}"
    with (
        serve("inference", folder / "inference.log") as inference,
        serve("recommender", folder / "log", inference_url=inference, database_url=database) as recommender,
    ):
        send_traffic(recommender)
        yield {"inference": inference, "recommender": recommender}


def send_traffic(recommender: str) -> None:
    with httpx.Client(base_url=recommender, timeout=30) as http:
        photo = {"file": ("face.jpg", ASTRONAUT.read_bytes(), "image/jpeg")}
        first = http.post("/recommend/photo", files=photo)
        assert first.status_code == 200
        http.post("/recommend/photo", files={"file": ("face.jpg", b"no photo", "image/jpeg")})
        http.get("/recommend", params={"emotion": "sad"})
        item = first.json()["recommendation"]["items"][0]["id"]
        http.post("/feedback", json={"user_id": "someone", "item_id": item, "action": "like"})


@pytest.fixture(scope="module")
def prometheus(services: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a real Prometheus that reads both services and has loaded the alerts."""
    folder = tmp_path_factory.mktemp("prometheus")
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(FOLDER / "alerts.yml")],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [address.removeprefix("http://")]}]}
            for name, address in services.items()
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    options = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [needed("prometheus"), *options, f"--web.listen-address={address}"], stdout=log, stderr=log
        )
        try:
            with httpx.Client(base_url=f"http://{address}/api/v1", timeout=10) as http:
                wait_until_scraped(http)
                yield http
        finally:
            process.terminate()
            process.wait(20)


def wait_until_scraped(http: httpx.Client) -> None:
    """Until there is a rate: two readings of each service at least."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            ready = http.get(f"http://{http.base_url.netloc.decode()}/-/ready").status_code == 200
        except httpx.TransportError:
            ready = False
        if ready and len(ask(http, "count_over_time(up[1m]) >= 3")) == 2:
            return
        time.sleep(0.2)
    pytest.fail("Prometheus did not read both services within 60 s")


def ask(http: httpx.Client, query: str) -> list[dict[str, Any]]:
    answer = http.get("/query", params={"query": query}).json()
    assert answer["status"] == "success", answer
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result


def series_that_exist(services: dict[str, str]) -> set[str]:
    pages = [httpx.get(f"{address}/metrics").text for address in services.values()]
    families = [family for page in pages for family in text_string_to_metric_families(page)]
    return {sample.name for family in families for sample in family.samples}


def test_panels_show_data(services: dict[str, str], prometheus: httpx.Client) -> None:
    """Every panel shows data of the running services."""
    existing, told = series_that_exist(services), 0
    for title, several in dashboard_queries().items():
        for query in several:
            result = ask(prometheus, query.replace("$__rate_interval", "1m"))
            if {name for name, _ in METRIC.findall(query)} <= existing:
                assert result, f"{title}: {query} shows nothing"
                told += 1
    assert told >= 20, "too few series exist for this test to mean anything"


def test_alerts_on_healthy_system(prometheus: httpx.Client) -> None:
    """No alert is broken or fires on a healthy system."""
    groups = prometheus.get("/rules").json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == set(alert_queries())
    assert {rule["name"]: rule["lastError"] for rule in rules if rule.get("lastError")} == {}
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []
