"""Listening on IPv6: both services, their health checks, and the way between them."""

from collections.abc import Iterator

import pytest

from tests.containers.stack import Stack, run, running, until

SERVICES = [("inference", 8001), ("recommender", 8000)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Healthy by its health checks, which ask [::1]."""
    with running(Stack("ipv6", "deploy/compose/ipv6.yml")) as stack:
        yield stack


def status(stack: Stack, inside: str, address: str) -> str:
    """The status of /readyz at `address`, asked for inside a service's container."""
    code = f"import urllib.request as u; print(u.urlopen('{address}/readyz', timeout=10).status)"
    return stack.python(stack.container(inside), code).stdout.strip()


@pytest.mark.parametrize(("service", "port"), SERVICES)
def test_both_families(stack: Stack, service: str, port: int) -> None:
    """A service that listens on :: answers on the loopback of both families."""
    assert status(stack, service, f"http://[::1]:{port}") == "200"
    assert status(stack, service, f"http://127.0.0.1:{port}") == "200"


def test_across(stack: Stack) -> None:
    """The recommender reaches inference at its IPv6 address."""
    (network,) = stack.inspect("inference")["NetworkSettings"]["Networks"].values()
    assert ":" in network["GlobalIPv6Address"]
    assert status(stack, "recommender", f"http://[{network['GlobalIPv6Address']}]:8001") == "200"


def test_photo(stack: Stack) -> None:
    """The published IPv4 port and the name of inference work as without IPv6."""
    assert stack.send_photo().json()["prediction"]["emotion"] == "happy"


def health(container: str) -> str:
    return run("docker", "inspect", "--format", "{{.State.Health.Status}}", container).stdout.strip()


@pytest.mark.parametrize(("service", "port"), SERVICES)
def test_health_check(images: dict[str, str], service: str, port: int) -> None:
    """The health check asks the address that is listened on, and no other."""
    host = f"{service.upper()}_HOST"
    started = run(
        "docker", "run", "--detach", "--sysctl=net.ipv6.conf.all.disable_ipv6=0", f"--env={host}=::1",
        "--health-interval=1s", images[service],
    )  # fmt: skip
    container = started.stdout.strip()
    try:
        until(lambda: health(container) == "healthy", "the container is healthy")
        command = ["docker", "exec", container, "python", "-m", "services.common.health", host, str(port)]
        assert run(*command).returncode == 0
        elsewhere = [*command[:2], f"--env={host}=127.0.0.1", *command[2:]]
        assert run(*elsewhere, check=False).returncode == 1
    finally:
        run("docker", "rm", "--force", "--volumes", container)
