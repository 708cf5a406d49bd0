"""Starts both services on this machine, says when they are ready, and stops both together.

    python -m services.run [--port 8000] [--inference-port 8001]

Ends cleanly on Ctrl-C and SIGTERM, and with status 1 as soon as one of the two services ends.
"""

import argparse
import compileall
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HOST = "127.0.0.1"
SECONDS_TO_READY = 60.0
SECONDS_TO_STOP = 10.0
SECONDS_FOR_REQUESTS = 8
"""How long uvicorn lets requests under way finish: less than `SECONDS_TO_STOP`."""


LARGE: Final = str(1 << 20)
TWICE: Final = str(2 << 20)
ALLOCATOR: Final = {
    "inference": {"MALLOC_MMAP_THRESHOLD_": LARGE, "MALLOC_TRIM_THRESHOLD_": TWICE},
    "recommender": {
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": LARGE,
        "MALLOC_TRIM_THRESHOLD_": TWICE,
    },
}
"""For glibc, which reads it as a process starts; elsewhere nothing heeds it. The images set the same.

A freed block of a megabyte or more goes back to the system at once: left to itself, glibc learns from the
first large picture to keep up to twice its size, of each thread that read one. The second threshold is
glibc's own ratio: with less, each request would give back what the next one asks for anew. The recommender's
threads share two arenas, where each would have one of its own that keeps the most a request ever took of it;
Python runs one thread at a time, so that more arenas spare them no waiting."""


def port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # As uvicorn does: a connection that lingers from the last run does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def start(service: str, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Uvicorn in a process group of its own, so that Ctrl-C reaches it once and through us alone."""
    command = [sys.executable, "-m", "uvicorn", "--factory", f"services.{service}.main:create_app"]
    command += ["--host", HOST, "--port", str(port)]
    # Whose X-Forwarded-For to believe is the recommender's own setting.
    command += ["--http", "services.common.protocol:HeadTimeoutProtocol", "--no-proxy-headers"]
    command += ["--timeout-graceful-shutdown", str(SECONDS_FOR_REQUESTS)]
    return subprocess.Popen(  # noqa: S603 - the command is ours, the port a number
        command, env={**ALLOCATOR[service], **environment}, stdin=subprocess.DEVNULL, process_group=0
    )


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for impatient in (signal.SIGINT, signal.SIGTERM):
        signal.signal(impatient, signal.SIG_IGN)  # a second Ctrl-C must not leave a service behind
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def both_services(port: int, inference_port: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    environment = {"RECOMMENDER_INFERENCE_URL": f"http://{HOST}:{inference_port}", **os.environ}
    processes = [start("inference", inference_port, environment)]
    try:
        processes.append(start("recommender", port, environment))
        yield processes
    finally:
        stop(processes)


def await_ready(processes: list[subprocess.Popen[bytes]], ports: list[int]) -> bool:
    """False when one of them ended or time ran out first."""
    deadline = time.monotonic() + SECONDS_TO_READY
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        if all(is_ready(port) for port in ports):
            return True
        time.sleep(0.05)
    return False


def interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=8000, help="the page and the recommender")
    parser.add_argument("--inference-port", type=int, default=8001)
    options = parser.parse_args(arguments)
    ports = [options.port, options.inference_port]

    if options.port == options.inference_port:
        sys.stderr.write("the two services need a port each\n")
        return 1
    taken = [port for port in ports if port_is_taken(port)]
    if taken:
        sys.stderr.write(f"port {taken[0]} is in use: name another with make run PORT=… INFERENCE_PORT=…\n")
        return 1
    # Also where PYTHONDONTWRITEBYTECODE is set: without bytecode every start costs a second more.
    compileall.compile_dir(Path(__file__).parent, quiet=1)

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    started = time.monotonic()
    try:
        with both_services(*ports) as processes:
            if not await_ready(processes, ports):
                sys.stderr.write("a service ended or was not ready in time: see its lines above\n")
                return 1
            seconds = time.monotonic() - started
            sys.stdout.write(
                f"\nOpen http://{HOST}:{options.port}/ (ready in {seconds:.1f} s; Ctrl-C stops)\n\n"
            )
            sys.stdout.flush()
            while all(process.poll() is None for process in processes):
                time.sleep(0.2)
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped\n")
        return 0
    sys.stderr.write("a service ended: see its lines above\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
