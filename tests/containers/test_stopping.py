"""SIGTERM: the request under way is answered, and the process ends before an engine would kill it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.containers.stack import PHOTO, Stack, run, running, until

FIELD = b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg'
BODY = b"--half\r\n" + FIELD + b"\r\n\r\n" + PHOTO + b"\r\n--half--\r\n"


@pytest.mark.parametrize(
    ("service", "path", "status"),
    [
        ("inference", "/predict", 200),
        ("recommender", "/recommend/photo", 503),  # alone, it answers that photos cannot be read now
    ],
)
def test_an_upload_half_sent_at_sigterm_is_still_answered(service: str, path: str, status: int) -> None:
    stack = Stack("stopping", "deploy/compose/inference-port.yml")
    if service == "inference":  # its port then takes the place of the recommender's
        stack.environment |= {"INFERENCE_PORT": str(stack.port)}
    with running(stack, "--no-deps", service), ThreadPoolExecutor() as pool:
        container = stack.container(service)
        stopping = []

        def halves() -> Iterator[bytes]:
            yield BODY[:1000]
            stopping.append(pool.submit(run, "docker", "stop", "--time=10", container))
            until(lambda: "Shutting down" in stack.logs(service), "the signal is taken")
            yield BODY[1000:]

        headers = {
            "Content-Type": "multipart/form-data; boundary=half",
            "Content-Length": str(len(BODY)),
        }
        answer = stack.http.post(path, content=halves(), headers=headers)
        assert answer.status_code == status, answer.text
        stopping[0].result()
        ended = stack.inspect(service)["State"]
        assert not ended["Running"]
        assert ended["ExitCode"] in {0, 128 + 15}, "137 would mean that the engine had to kill it"
