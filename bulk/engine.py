"""Spreads the work with Dask, over this machine's cores or a cluster; no other file knows Dask's client."""

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
"""For a cluster to answer, and for its first worker."""
AHEAD: Final = 2
"""Chunks per core handed out at once: enough that no core idles, few enough to lose with a worker."""


class EngineError(Exception):
    """The workers cannot do the work; the message is for the user."""


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
        """Gives each chunk's number and rows to `keep`, in any order.

        The photos of a chunk whose worker died are read one by one at the end; one that kills its worker
        again gets a row with the error.
        """
        under_way: dict[Future[list[Row]], tuple[int, list[str]]] = {}
        suspects = []
        finished = as_completed()

        def hand_out(count: int) -> None:
            for number, names in islice(chunks, count):
                future = self._submit(root, names)
                under_way[future] = (number, names)
                finished.add(future)

        hand_out(AHEAD * self.cores)
        for future in finished:
            number, names = under_way.pop(future)
            rows = _result(future)
            if rows is None:
                suspects.append((number, names))
            else:
                keep(number, rows)
            hand_out(1)
        for number, names in suspects:
            keep(number, [row for name in names for row in self._read_alone(root, name)])

    def _read_alone(self, root: Path, name: str) -> list[Row]:
        rows = _result(self._submit(root, [name]))
        return [failure(name, DIED, "the process that read it died")] if rows is None else rows

    def _submit(self, root: Path, names: Sequence[str]) -> Future[list[Row]]:
        return self._client.submit(read_photos, self._reader, root, names, pure=False)


def _result(future: Future[list[Row]]) -> list[Row] | None:
    """The rows; None if the worker died."""
    try:
        rows: list[Row] = future.result()
    except KilledWorker:
        return None
    except (OSError, asyncio.CancelledError) as error:
        raise EngineError("the cluster is gone; finished work is kept, the same command goes on") from error
    return rows


@contextmanager
def _local_client(processes: int) -> Iterator[Client]:
    """Of worker processes whose connections are encrypted: other users of this machine stay out."""
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the table names the photos that killed a worker
    options = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.scheduler.http.routes": [],  # no pages about the run
        "distributed.worker.http.routes": [],
    }
    with dask.config.set(options):
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # workers end with us, not at Ctrl-C
        try:
            cluster = LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                security=True,
                dashboard_address="127.0.0.1:0",
                memory_limit=0,  # the limit on pixels bounds it
                silence_logs=logging.CRITICAL,
            )
        finally:
            signal.signal(signal.SIGINT, before)
        with cluster, Client(cluster) as client:
            yield client


@contextmanager
def _cluster_client(address: str) -> Iterator[Client]:
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
    """EngineError if the workers lack this code or what it needs; InputError if there is no cluster."""
    with ExitStack() as stack:
        client = stack.enter_context(_cluster_client(address) if address else _local_client(processes))
        try:
            client.register_plugin(reader)
        except Exception as error:  # any error of the other machine
            raise EngineError(f"the workers cannot read photos: {type(error).__name__}: {error}") from error
        stack.callback(client.unregister_worker_plugin, reader.name)
        yield Engine(client, reader.name)
