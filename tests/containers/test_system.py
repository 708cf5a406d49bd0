"""The composed system as a user meets it: one port, from a photo to the shelves."""

from collections.abc import Iterator

import pytest

from tests.containers.stack import PHOTO, Stack, run, running

MEDIA = {"movie", "song", "book", "game"}
SERVICES = ("inference", "recommender")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running(Stack("system")) as stack:
        yield stack


def test_a_photo_becomes_shelves_through_the_published_port(stack: Stack) -> None:
    answer = stack.send_photo(limit="2")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["prediction"]["emotion"] == "happy"
    assert sum(body["prediction"]["probabilities"].values()) == pytest.approx(1, abs=0.01)
    items = body["recommendation"]["items"]
    stocked = {row["name"] for row in stack.http.get("/media").json() if row["items"]}
    assert {item["medium"] for item in items} == stocked
    assert stocked <= MEDIA
    assert all(item["title"] and item["reason"] for item in items)


def test_the_page_is_served_with_what_it_loads(stack: Stack) -> None:
    page = stack.http.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "<html" in page.text


def test_only_the_recommenders_port_is_published(stack: Stack) -> None:
    published = {
        service: {
            port: [binding["HostIp"] for binding in bindings]
            for port, bindings in stack.inspect(service)["NetworkSettings"]["Ports"].items()
            if bindings
        }
        for service in SERVICES
    }
    assert published == {"inference": {}, "recommender": {"8000/tcp": ["127.0.0.1"]}}


def test_inference_reaches_nothing_outside(stack: Stack) -> None:
    """Its only network has no way out."""
    networks = stack.inspect("inference")["NetworkSettings"]["Networks"]
    assert len(networks) == 1
    internal = run("docker", "network", "inspect", *networks, "--format", "{{.Internal}}").stdout.strip()
    assert internal == "true"


@pytest.mark.parametrize(
    ("service", "writable"), [("inference", []), ("recommender", ["wrote /data/x", "wrote /tmp/x"])]
)
def test_the_container_is_confined(stack: Stack, service: str, writable: list[str]) -> None:
    """Seen from inside: no capability, no new privileges, no root; it writes to memory and its data alone."""
    code = """
import pathlib
status = dict(l.split(":", 1) for l in pathlib.Path("/proc/self/status").read_text().splitlines())
print(*(status[name].split()[0] for name in ("CapBnd", "CapEff", "NoNewPrivs", "Uid")))
for path in ("/x", "/app/x", "/data/x", "/opt/venv/x", "/run/x", "/tmp/x", "/var/x"):
    try:
        pathlib.Path(path).write_text("x")
        pathlib.Path(path).unlink()
        print("wrote", path)
    except OSError:
        pass
"""
    seen = stack.python(stack.container(service), code).stdout.splitlines()
    assert seen == ["0000000000000000 0000000000000000 1 10001", *writable]


@pytest.mark.parametrize(("service", "megabytes"), [("inference", 512), ("recommender", 384)])
def test_memory_beyond_the_limit_ends_the_process_that_took_it(
    stack: Stack, service: str, megabytes: int
) -> None:
    """And not the service beside it, nor the machine."""
    before = stack.inspect(service)
    assert before["HostConfig"]["Memory"] == megabytes * 1024 * 1024
    # With swap a container may have as much again, so the greedy process asks for three times the limit.
    greedy = stack.python(
        stack.container(service), f"b = bytearray({megabytes * 3} * 1024 * 1024); print('got it')"
    )
    assert greedy.returncode == 137
    assert "got it" not in greedy.stdout
    after = stack.inspect(service)
    assert after["State"]["Running"]
    assert after["State"]["StartedAt"] == before["State"]["StartedAt"]
    assert stack.send_photo().status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_processes_beyond_the_limit_are_refused(stack: Stack, service: str) -> None:
    code = """
import threading
done = threading.Event()
try:
    for _ in range(200):
        threading.Thread(target=done.wait, daemon=True).start()
    print("no limit")
except RuntimeError as error:
    print(error)
done.set()
"""
    assert "can't start new thread" in stack.python(stack.container(service), code).stdout
    assert stack.send_photo().status_code == 200


def test_no_log_line_holds_the_photo_or_its_name(stack: Stack) -> None:
    files = {"file": ("private-name.jpg", PHOTO, "image/jpeg")}
    answer = stack.http.post("/recommend/photo", files=files, headers={"X-Request-ID": "trace-me"})
    assert answer.status_code == 200
    logs = {service: stack.logs(service) for service in SERVICES}
    for service, log in logs.items():
        assert "trace-me" in log, f"the request id did not reach {service}'s log"
        assert "private-name" not in log
        assert "JFIF" not in log
