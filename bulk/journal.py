"""Keeps a run's progress on disk, so that the same command goes on after a kill.

While a run is under way, the folder OUT.parts beside OUT holds

    photos.jsonl      a line that describes the run, then a line per chunk of photos
    00000000.parquet  a chunk's rows, complete
    lock              held by the one process that writes here
"""

import fcntl
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from bulk.photos import InputError
from bulk.table import SCHEMA, to_table
from bulk.work import Row

About = Mapping[str, str | int]
"""Input, model and limits of a run. It goes on only with the same."""

MARK: Final = b"expression-recommender"
"""Key of OUT's metadata that holds its `About`."""
ROWS_AT_ONCE: Final = 65_536


@dataclass
class Journal:
    out: Path
    about: About
    chunks: list[list[str]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.out.with_name(f"{self.out.name}.parts")

    def load(self) -> None:
        """InputError if what is here was begun with another input, model or limit."""
        if self._list.exists():
            about, *self.chunks = map(json.loads, self._list.read_text().splitlines())
            _compare(self.folder, about, self.about)

    def add(self, names: Sequence[str], size: int) -> int:
        """Adds the new ones of `names` in chunks of `size`; returns their number."""
        known = {name for chunk in self.chunks for name in chunk}
        new = [name for name in names if name not in known]
        self.chunks += [new[start : start + size] for start in range(0, len(new), size)]
        if new:
            lines = "\n".join(map(json.dumps, [dict(self.about), *self.chunks]))
            _write(self._list, lines.encode())
        return len(new)

    def left(self) -> Iterator[tuple[int, list[str]]]:
        """Number and names of each unfinished chunk."""
        return ((n, names) for n, names in enumerate(self.chunks) if not self._part(n).exists())

    def keep(self, number: int, rows: list[Row]) -> None:
        sink = pa.BufferOutputStream()
        pq.write_table(to_table(rows, self.about), sink)
        _write(self._part(number), sink.getvalue())

    def finish(self) -> Counter[str]:
        """Writes OUT from all parts, in the order of the photos; returns photos by status, faces and rows."""
        counts: Counter[str] = Counter()
        unfinished = self.out.with_name(f"{self.out.name}.unfinished")
        schema = SCHEMA.with_metadata({MARK: json.dumps(dict(self.about)).encode()})
        with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            for table in self._tables():
                writer.write_table(table.cast(schema))
                counts.update(_count(table))
        _replace(unfinished, self.out)
        self.clear()
        return counts

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _tables(self) -> Iterator[pa.Table]:
        """Several parts at a time, because a file of many small row groups is slow to read."""
        held: list[pa.Table] = []
        for number in range(len(self.chunks)):
            held.append(pq.ParquetFile(self._part(number)).read())
            if number + 1 == len(self.chunks) or sum(table.num_rows for table in held) >= ROWS_AT_ONCE:
                yield pa.concat_tables(held)
                held = []

    @property
    def _list(self) -> Path:
        return self.folder / "photos.jsonl"

    def _part(self, number: int) -> Path:
        return self.folder / f"{number:08}.parquet"


@contextmanager
def opened(out: Path, about: About) -> Iterator[Journal]:
    """The journal of OUT, for one process at a time; InputError if it is in use or of another run."""
    journal = Journal(out, about)
    journal.folder.mkdir(exist_ok=True)
    with (journal.folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"another process is writing {out}") from error
        journal.load()
        try:
            yield journal
        finally:
            if not journal.chunks:
                journal.clear()  # the run never began


def is_finished(out: Path, about: About) -> bool:
    """Whether OUT is there; InputError if it is not what this run would write."""
    if not out.exists():
        return False
    try:
        metadata = pq.read_schema(out).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{out} is there already and is no table of this command") from error
    _compare(out, json.loads(metadata.get(MARK, b"{}")), about)
    return True


def _compare(place: Path, there: About, here: About) -> None:
    other = [name for name, value in here.items() if there.get(name) != value]
    if other:
        raise InputError(f"{place} was made with another {', '.join(other)}; remove it or name another file")


def _count(table: pa.Table) -> Counter[str]:
    counts = Counter({"rows": table.num_rows})
    for status, face in zip(table["status"].to_pylist(), table["face"].to_pylist(), strict=True):
        counts["faces"] += face is not None
        counts[status] += face in {None, 0}  # once per photo
    return counts


def _write(path: Path, content: "bytes | pa.Buffer") -> None:
    """Completely or not at all, and on the disk when this returns."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        file.write(content)
    _replace(unfinished, path)


def _replace(unfinished: Path, path: Path) -> None:
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
