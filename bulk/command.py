"""Reads photos by the million on every core, or on a Dask cluster, into one Parquet file.

python -m bulk PHOTOS/ OUT.parquet        every picture below the folder
python -m bulk list.txt OUT.parquet       a path per line
python -m bulk PHOTOS/ OUT.parquet --cluster tcp://scheduler:8786

If it is killed, the same command goes on where it stopped. OUT has a row per face, and one for each photo
without a face and each that failed. A cluster's workers need this checkout, the extra `bulk`, and the photos
under the same paths; OUT is written here.
"""

import argparse
import math
import os
import sys
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Final

from tqdm import tqdm

from bulk.engine import Engine, EngineError, engine
from bulk.journal import About, Journal, is_finished, opened
from bulk.photos import InputError, find_photos
from bulk.work import FACE, FAILED, NO_FACE, Reader, Row
from services.inference.classify import load_model
from services.inference.errors import ModelFileError
from services.inference.folders import about_skipped
from services.inference.pipeline import Limits
from services.inference.settings import read_settings

MOST_PER_CHUNK: Final = 100
CHUNKS_PER_CORE: Final = 4
"""At least, so that no core is idle at the end."""
STOPPED: Final = 130
TEXT_TABLES: Final = {".csv", ".tsv", ".txt", ".xlsx", ".json"}


def main(arguments: list[str]) -> int:
    """0 done, 1 a failure, 2 wrong arguments or paths, 130 stopped."""
    options = _parse(arguments)
    try:
        return _run(options)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (OSError, EngineError, ModelFileError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the same command goes on\n")
        return STOPPED


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m bulk", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("input", type=Path, help="a folder, or a text file with a path per line")
    parser.add_argument("out", type=Path, help="a Parquet file; OUT.parts lies beside it meanwhile")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler; default: processes here")
    parser.add_argument("--processes", type=int, default=_cores(), help="default: one per core")
    options = parser.parse_args(arguments)
    if options.processes < 1:
        parser.error("--processes must be at least 1")
    if options.out.suffix.lower() in TEXT_TABLES:
        parser.error(f"{options.out.name}: the output is Parquet; name it faces.parquet")
    return options


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(options: argparse.Namespace) -> int:
    out: Path = options.out
    if not out.parent.is_dir() or out.is_dir():
        raise InputError(f"{out} cannot be written: name a file in a folder that exists")
    settings = read_settings()
    photos, model = find_photos(options.input), load_model(settings.model_file)
    if photos.skipped:
        sys.stderr.write(f"{about_skipped(photos.skipped)}\n")
    about: About = {
        "input": str(options.input.resolve()),
        "working folder": str(photos.root),
        "model": model.name,
        "model_version": model.version,
        "model_sha256": model.card["sha256"],
        "INFERENCE_MAX_PIXELS": settings.max_pixels,
        "INFERENCE_MAX_DECODE_BYTES": settings.max_decode_bytes,
        "INFERENCE_MAX_FACES": settings.max_faces,
        "INFERENCE_MAX_UPLOAD_BYTES": settings.max_upload_bytes,
    }
    if is_finished(out, about):
        Journal(out, about).clear()
        sys.stdout.write(f"{out} is complete; remove it to read the photos again\n")
        return 0
    limits = Limits(settings.max_pixels, settings.max_faces, settings.max_decode_bytes)
    reader = Reader(f"photos-{uuid.uuid4().hex}", model, limits, settings.max_upload_bytes)
    with opened(out, about) as journal:
        with engine(options.cluster, options.processes, reader) as workers:
            size = math.ceil(len(photos.names) / (CHUNKS_PER_CORE * workers.cores))
            journal.add(photos.names, min(size, MOST_PER_CHUNK))
            speed = _read_all(workers, photos.root, journal)
        counts = journal.finish()
    sys.stdout.write(f"{_summary(counts)}\n{speed}\n{out}: {counts['rows']:,} rows\n")
    return 0


def _read_all(workers: Engine, root: Path, journal: Journal) -> str:
    """Reads what is left, with a progress bar; returns a line about the speed."""
    total = sum(map(len, journal.chunks))
    left = sum(len(names) for _, names in journal.left())
    started = time.perf_counter()
    with tqdm(total=total, initial=total - left, unit="photo", smoothing=0.1) as bar:

        def keep(number: int, rows: list[Row]) -> None:
            journal.keep(number, rows)
            bar.update(len(journal.chunks[number]))

        workers.read(root, journal.left(), keep)
    seconds = time.perf_counter() - started
    rate = left / seconds
    return (
        f"this run read {left:,} photos in {seconds:.1f} s: {rate:.1f} photos/s, "
        f"{rate / workers.cores:.1f} per core on {workers.cores} cores"
    )


def _summary(counts: Counter[str]) -> str:
    photos = counts[FACE] + counts[NO_FACE] + counts[FAILED]
    return (
        f"{photos:,} photos: {counts[FACE]:,} with {counts['faces']:,} faces, "
        f"{counts[NO_FACE]:,} without, {counts[FAILED]:,} failed"
    )
