"""Starts both services on this machine, says when they are ready, and stops both together.

    python -m services.run [--port 8000] [--inference-port 8001]

Ends cleanly on Ctrl-C, SIGTERM and SIGHUP, and with the status of a service that ends by itself. On a
terminal the services say only what needs attention, so that the address stays in sight.
"""

import argparse
import compileall
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from services.common.addresses import ListenError, bind, port_number, reachable, url
from services.common.health import is_ready
from services.common.processor import complaint

HOST = "127.0.0.1"
SECONDS_TO_READY = 60.0
SECONDS_TO_STOP = 10.0
"""More than the services give to requests under way; see common/server.py."""
WRONG_START = 2
LARGE: Final = str(1 << 20)
TWICE: Final = str(2 << 20)
ALLOCATOR: Final = {
    "inference": {"MALLOC_MMAP_THRESHOLD_": LARGE, "MALLOC_TRIM_THRESHOLD_": TWICE},
    "recommender": {
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": LARGE,
        "MALLOC_TRIM_THRESHOLD_": TWICE,
    },
}
"""For glibc, which reads it as a process starts; elsewhere nothing heeds it. The images set the same.

A freed block of a megabyte or more goes back to the system at once: left to itself, glibc learns from the
first large picture to keep up to twice its size, of each thread that read one. The second threshold is
glibc's own ratio: with less, each request would give back what the next one asks for anew. The recommender's
threads share one arena, where each would have one of its own that keeps the most a request ever took of it;
Python runs one thread at a time, so that more arenas spare them no waiting."""


def host_of(service: str) -> str:
    """Where the service will listen, as its own settings say."""
    return os.environ.get(f"{service.upper()}_HOST", HOST)


def check_ports(ports: dict[str, int]) -> None:
    """ListenError where a service could not listen."""
    if len(set(ports.values())) < len(ports):
        raise ListenError("the two services need a port each")
    for service, port in ports.items():
        for one in bind(host_of(service), port):
            one.close()


def start(service: str, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start it in a process group of its own, so that Ctrl-C reaches it once and through us alone."""
    command = [sys.executable, "-m", f"services.{service}.serve", "--port", str(port)]
    return subprocess.Popen(  # noqa: S603 - the command is ours, the port a number
        command, env={**ALLOCATOR[service], **environment}, stdin=subprocess.DEVNULL, process_group=0
    )


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for impatient in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
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


def environment_for(ports: dict[str, int], *, watched: bool) -> dict[str, str]:
    """The services' environment: what is set stands; `watched` says whether a person reads along."""
    inference = url(reachable(host_of("inference")), ports["inference"])
    quiet = {f"{service.upper()}_LOG_LEVEL": "WARNING" for service in ports} if watched else {}
    return {"RECOMMENDER_INFERENCE_URL": inference, **quiet, **os.environ}


@contextmanager
def both_services(
    ports: dict[str, int], environment: dict[str, str]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for service, port in ports.items():
            processes.append(start(service, port, environment))
        yield processes
    finally:
        stop(processes)


def ended(processes: list[subprocess.Popen[bytes]]) -> int | None:
    """The status of a service that has ended, 1 for one that was killed or ended well; None if both run."""
    statuses = [process.poll() for process in processes]
    return next((status if status > 0 else 1 for status in statuses if status is not None), None)


def await_ready(processes: list[subprocess.Popen[bytes]], ports: dict[str, int]) -> bool:
    """False when one of them ended or time ran out first."""
    deadline = time.monotonic() + SECONDS_TO_READY
    while time.monotonic() < deadline and ended(processes) is None:
        if all(is_ready(host_of(service), port) for service, port in ports.items()):
            return True
        time.sleep(0.05)
    return False


def interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def catch_signals() -> None:
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup has it ignored
        signal.signal(signal.SIGHUP, interrupt)


def say(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        sys.stdout.write(text)
        sys.stdout.flush()


def run(ports: dict[str, int]) -> int:
    """Run both until one ends or a signal comes; return the exit status."""
    watched, started = sys.stderr.isatty(), time.monotonic()
    try:
        with both_services(ports, environment_for(ports, watched=watched)) as processes:
            if await_ready(processes, ports):
                page = url(reachable(host_of("recommender")), ports["recommender"])
                hint = "; RECOMMENDER_LOG_LEVEL=INFO shows requests" if watched else ""
                say(f"\nOpen {page}/ (ready in {time.monotonic() - started:.1f} s; Ctrl-C stops{hint})\n\n")
                while ended(processes) is None:
                    time.sleep(0.2)
            status = ended(processes)
    except KeyboardInterrupt:
        say("\nstopped\n")
        return 0
    sys.stderr.write(
        "a service ended: see its lines above\n" if status else "a service was not ready in time\n"
    )
    return status or 1


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=port_number, default=8000, help="the page and the recommender")
    parser.add_argument("--inference-port", type=port_number, default=8001)
    options = parser.parse_args(arguments)
    ports = {"inference": options.inference_port, "recommender": options.port}
    try:
        check_ports(ports)
    except ListenError as error:
        sys.stderr.write(f"{error}: name another with make run PORT=… INFERENCE_PORT=…\n")
        return WRONG_START
    if reason := complaint():
        sys.stderr.write(f"{reason}\n")
        return WRONG_START
    # Also where PYTHONDONTWRITEBYTECODE is set: without bytecode every start costs a second more.
    compileall.compile_dir(Path(__file__).parent, quiet=1)
    catch_signals()
    return run(ports)


if __name__ == "__main__":
    sys.exit(main())
