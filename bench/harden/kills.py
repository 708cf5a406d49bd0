"""Kills processes at random moments during writes: no acknowledged write may be lost or counted twice.

    python -m bench.harden.kills [--kills 50] [--database sqlite|postgresql] [--json OUT]

On SQLite it kills the service; on PostgreSQL in turn the service, one of the server's processes, and all of
them. After each kill it starts everything again, looks for every acknowledged write, and repeats each write
whose answer was lost, with the same key.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.figures import parser, publish
from bench.harden.ledger import KEY, Writer
from tests.helpers.postgres import Cluster, new_database, running_cluster
from tests.helpers.recommender import made_rows, write_catalogue
from tests.helpers.serving import ROOT, free_port, is_ready, server_command

WRITERS: Final = 4
STARTS_WITHIN_S: Final = 90
WRITE_FOR_S: Final = (0.05, 0.9)
"""Shortest and longest time from the first acknowledged write to the kill."""


class Service:
    """The recommender as a process that can be killed and started again on its port."""

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
            "RECOMMENDER_FEEDBACK_PER_MINUTE": "0",
            "RECOMMENDER_LOG_LEVEL": "ERROR",
        }

    def start(self) -> None:
        command = server_command("recommender", self.port)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        if not is_ready(self.address, self.process, STARTS_WITHIN_S):
            raise AssertionError(f"the service was not ready again:\n{self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[tuple[str, Cluster | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'r.db'}", None
        return
    with running_cluster(durable=True) as cluster:
        yield new_database(cluster.url, "killed"), cluster


def _kill(number: int, service: Service, cluster: Cluster | None, chance: random.Random) -> None:
    """Kills something, and starts what does not restart by itself."""
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


def _round(service: Service, kill: Callable[[], None], writers: list[Writer], wait_s: float) -> None:
    """Writes from many threads, kills after `wait_s`, then checks what is left."""
    ending = threading.Event()
    threads = [threading.Thread(target=writer.write, args=(service.address, ending)) for writer in writers]
    for thread in threads:
        thread.start()
    end = time.monotonic() + STARTS_WITHIN_S
    while not any(writer.acknowledged for writer in writers):
        assert time.monotonic() < end, "nothing was acknowledged"
        time.sleep(0.005)
    time.sleep(wait_s)
    kill()
    ending.set()
    for thread in threads:
        thread.join(60)
    service.wait_until_ready()
    for writer in writers:
        writer.check(service.address)


def run(kind: str, kills: int, seed: int = 1) -> dict[str, Any]:
    """The figures; `lost` and `doubled` must be empty."""
    chance, total, started = random.Random(seed), Writer("total"), time.monotonic()  # noqa: S311 # no secret
    with tempfile.TemporaryDirectory() as name, _database(kind, Path(name)) as (url, cluster):
        service = Service(url, Path(name))
        service.start()
        try:
            for number in range(kills):
                writers = [Writer(f"round-{number}-{n}") for n in range(WRITERS)]
                kill = partial(_kill, number, service, cluster, chance)
                _round(service, kill, writers, chance.uniform(*WRITE_FOR_S))
                for writer in writers:
                    total.add(writer)
                print(f"{kind}: {number + 1} kills, {total.acknowledged} writes, {total.lost}", flush=True)
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
    command = parser(__doc__)
    command.add_argument("--kills", type=int, default=50)
    command.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    command.add_argument("--seed", type=int, default=1)
    options = command.parse_args()
    return publish(run(options.database, options.kills, options.seed), options.json)


if __name__ == "__main__":
    sys.exit(main())
