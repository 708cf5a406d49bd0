"""SIGKILL at random moments while people write: what was acknowledged must still be there, and be there once.

    python -m bench.harden.kills [--kills 50] [--database sqlite|postgresql] [--json OUT]

On SQLite the service is killed; on PostgreSQL in turn the service, one of the server's processes, and all of
them. After each kill everything is started again, every acknowledged write is looked for, and each write
whose answer was lost is sent again with its key.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx

from bench.harden.ledger import KEY, Writer
from tests.helpers.postgres import Cluster, new_database, running_cluster
from tests.helpers.recommender import made_rows, write_catalogue
from tests.helpers.serving import ROOT, free_port, server_command

WRITERS: Final = 4
STARTS_WITHIN_S: Final = 90
WRITE_FOR_S: Final = (0.05, 0.9)
"""Shortest and longest time from the first acknowledged write to the kill."""


class Service:
    """The recommender in a process of its own, which can be killed and started again on its port."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        self.environment = {
            **os.environ,
            "RECOMMENDER_DATABASE_URL": database_url,
            "RECOMMENDER_CATALOGUE_DIR": str(write_catalogue(folder / "catalogue", made_rows()[:200])),
            "RECOMMENDER_API_KEY": KEY,
            "RECOMMENDER_RATE_PER_MINUTE": "0",
            "RECOMMENDER_LOG_LEVEL": "ERROR",
        }

    def start(self) -> None:
        command = server_command("recommender", self.port)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"the service was not ready again:\n{self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[tuple[str, Cluster | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'r.db'}", None
        return
    with running_cluster(durable=True) as cluster:
        yield new_database(cluster.url, "killed"), cluster


def strike(number: int, service: Service, cluster: Cluster | None, chance: random.Random) -> None:
    """Kill something, and start again what does not start by itself."""
    if cluster is None or number % 3 == 0:
        service.kill()
        service.start()
    elif number % 3 == 1:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(cluster.backends()), signal.SIGKILL)
        service.wait_until_ready()
    else:
        cluster.kill()
        cluster.start()
        service.wait_until_ready()


def one_round(service: Service, hit: Any, writers: list[Writer], wait_s: float) -> None:
    """Write from many threads, `hit` after `wait_s`, then let the writers see what is left."""
    ending = threading.Event()
    threads = [threading.Thread(target=writer.write, args=(service.address, ending)) for writer in writers]
    for thread in threads:
        thread.start()
    end = time.monotonic() + STARTS_WITHIN_S
    while not any(writer.acknowledged for writer in writers):
        assert time.monotonic() < end, "nothing was acknowledged"
        time.sleep(0.005)
    time.sleep(wait_s)
    hit()
    ending.set()
    for thread in threads:
        thread.join(60)
    service.wait_until_ready()
    for writer in writers:
        writer.look(service.address)


def run(kind: str, kills: int, seed: int = 1, *, tell: bool = False) -> dict[str, Any]:
    """The figures; `lost` and `doubled` are empty where all is well."""
    chance, total, started = random.Random(seed), Writer.nobody(), time.monotonic()  # noqa: S311 # no secret
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as (url, cluster):
        service = Service(url, Path(name))
        service.start()
        try:
            for number in range(kills):
                writers = [Writer(f"round-{number}-{n}") for n in range(WRITERS)]
                one_round(
                    service,
                    lambda number=number: strike(number, service, cluster, chance),
                    writers,
                    chance.uniform(*WRITE_FOR_S),
                )
                for writer in writers:
                    total.add(writer)
                if tell:
                    print(
                        f"{kind}: {number + 1} kills, {total.acknowledged} writes, {total.lost}", flush=True
                    )
        finally:
            service.kill()
    return {
        "database": kind,
        "kills": kills,
        "acknowledged": total.acknowledged,
        "cut_off": total.cut_off,
        "lost": total.lost,
        "doubled": total.doubled,
        "refused": sorted(total.refused),
        "seconds": round(time.monotonic() - started),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = run(options.database, options.kills, options.seed, tell=True)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text)
    return 1 if figures["lost"] or figures["doubled"] else 0


if __name__ == "__main__":
    sys.exit(main())
