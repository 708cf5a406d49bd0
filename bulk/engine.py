"""The only file that knows how work is spread: Dask, over this machine's cores or a cluster."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

from bulk.photos import InputError
from bulk.work import DIED, Reader, Row, failure, read_photos

WAIT_S: Final = 60
"""For the cluster to answer, and for its first worker."""
AHEAD: Final = 2
"""Chunks per core that are handed out, so that no core waits for us, and few are lost with a worker."""


class EngineError(Exception):
    """The engine does not answer, or what came back is no rows; one sentence for the user."""


class Engine:
    def __init__(self, client: Client, reader: str) -> None:
        self._client, self._reader = client, reader
        self.cores = sum(client.nthreads().values())

    def read(
        self,
        root: Path,
        chunks: Iterator[tuple[int, list[str]]],
        keep: Callable[[int, list[Row]], None],
    ) -> None:
        """Gives each chunk's rows to `keep`, in the order in which they come.

        Where workers died, one photo of those that they had may have killed them: each of these is
        read alone in the end, and one that kills a worker again gets a row that says so.
        """
        under_way: dict[Future[list[Row]], tuple[int, list[str]]] = {}
        suspects = []
        finished = as_completed()
        for number, names in islice(chunks, AHEAD * self.cores):
            finished.add(self._hand_out(root, number, names, under_way))
        for future in finished:
            number, names = under_way.pop(future)
            rows = outcome(future)
            if rows is None:
                suspects.append((number, names))
            else:
                keep(number, rows)
            for following in islice(chunks, 1):
                finished.add(self._hand_out(root, *following, under_way))
        for number, names in suspects:
            keep(number, [row for name in names for row in self._alone(root, name)])

    def _hand_out(
        self,
        root: Path,
        number: int,
        names: list[str],
        under_way: dict[Future[list[Row]], tuple[int, list[str]]],
    ) -> Future[list[Row]]:
        future = self._submit(root, names)
        under_way[future] = (number, names)
        return future

    def _alone(self, root: Path, name: str) -> list[Row]:
        rows = outcome(self._submit(root, [name]))
        return [failure(name, DIED, "the process that read it died")] if rows is None else rows

    def _submit(self, root: Path, names: Sequence[str]) -> Future[list[Row]]:
        return self._client.submit(read_photos, self._reader, root, names, pure=False)


def outcome(future: Future[list[Row]]) -> list[Row] | None:
    """The rows; None where the worker died of it, or of what it did beside it."""
    try:
        rows: list[Row] = future.result()
    except KilledWorker:
        return None
    except (OSError, asyncio.CancelledError) as error:
        raise EngineError("the cluster is gone; what is done is kept, the same command goes on") from error
    return rows


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started meanwhile do not hear Ctrl-C: it is for us, and they end when we do."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def local_cluster(processes: int) -> LocalCluster:
    """Of `processes` that trust nobody else on this machine: connections are loopback and encrypted."""
    with deaf_children():
        return LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            security=True,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,  # what a photo may take is limited before it is decoded
            silence_logs=logging.CRITICAL,
        )


@contextmanager
def local_client(processes: int) -> Iterator[Client]:
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # a worker that dies is told of in the table
    options = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.scheduler.http.routes": [],  # no pages about the run
        "distributed.worker.http.routes": [],
    }
    with dask.config.set(options), local_cluster(processes) as cluster, Client(cluster) as client:
        yield client


@contextmanager
def cluster_client(address: str) -> Iterator[Client]:
    """InputError where no cluster with a worker answers at `address`."""
    try:
        client = Client(address, timeout=WAIT_S)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"no Dask scheduler answers at {address}") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT_S)
        except TimeoutError as error:
            raise InputError(f"the cluster at {address} has no workers") from error
        yield client


@contextmanager
def engine(address: str | None, processes: int, reader: Reader) -> Iterator[Engine]:
    """EngineError where the workers cannot take the reader: they lack this code or what it needs."""
    with ExitStack() as stack:
        client = stack.enter_context(cluster_client(address) if address else local_client(processes))
        try:
            client.register_plugin(reader)
        except Exception as error:  # whatever the other machine raised
            raise EngineError(f"the workers cannot read photos: {type(error).__name__}: {error}") from error
        stack.callback(client.unregister_worker_plugin, reader.name)
        yield Engine(client, reader.name)
