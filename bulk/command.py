"""Reads photos by the million on every core, or on a Dask cluster, into one Parquet file.

python -m bulk PHOTOS/ OUT.parquet        every picture below the folder
python -m bulk list.txt OUT.parquet       a path per line
python -m bulk PHOTOS/ OUT.parquet --cluster tcp://scheduler:8786

Killed at any moment, the same command goes on with what is not done yet. OUT has a row per face, and
one for each photo without a face and each that failed. A cluster's workers need this checkout, the
extra `bulk`, and the photos under the same paths; OUT is written here.
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
from bulk.photos import InputError, Photos, find_photos
from bulk.work import FACE, FAILED, NO_FACE, Reader, Row
from services.inference.classify import load_model
from services.inference.errors import ModelFileError
from services.inference.pipeline import Limits
from services.inference.runtime import Model
from services.inference.settings import Settings, read_settings

MOST_PER_CHUNK: Final = 100
CHUNKS_PER_CORE: Final = 4
"""At least, so that no core is idle at the end."""
STOPPED: Final = 130


def main(words: list[str]) -> int:
    """0 done, 1 a failure underneath, 2 wrong words or paths, 130 stopped; the same command goes on."""
    args = parse(words)
    try:
        return run(args)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (OSError, EngineError, ModelFileError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the same command goes on\n")
        return STOPPED


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m bulk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("input", type=Path, help="a folder, or a text file with a path per line")
    parser.add_argument("out", type=Path, help="a Parquet file; OUT.parts lies beside it meanwhile")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler; else processes of our own")
    parser.add_argument("--processes", type=int, default=cores(), help="of our own; one per core")
    args = parser.parse_args(words)
    if args.processes < 1:
        parser.error("--processes must be at least 1")
    return args


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(args: argparse.Namespace) -> int:
    if not args.out.parent.is_dir() or args.out.is_dir():
        raise InputError(f"{args.out} cannot be written: name a file in a folder that exists")
    settings = read_settings()
    photos, model = find_photos(args.input), load_model(settings.model_file)
    about = describe_run(args.input, photos, model, settings)
    if is_finished(args.out, about):
        Journal(args.out, about).clear()
        sys.stdout.write(f"{args.out} is complete; remove it to read the photos again\n")
        return 0
    limits = Limits(settings.max_pixels, settings.max_faces)
    reader = Reader(f"photos-{uuid.uuid4().hex}", model, limits, settings.max_upload_bytes)
    with opened(args.out, about) as journal:
        with engine(args.cluster, args.processes, reader) as workers:
            size = math.ceil(len(photos.names) / (CHUNKS_PER_CORE * workers.cores))
            journal.add(photos.names, min(size, MOST_PER_CHUNK))
            said = read_all(workers, photos.root, journal)
        counts = journal.finish()
    sys.stdout.write(f"{summary(counts)}\n{said}\n{args.out}: {counts['rows']:,} rows\n")
    return 0


def describe_run(source: Path, photos: Photos, model: Model, settings: Settings) -> About:
    return {
        "input": str(source.resolve()),
        "working folder": str(photos.root),
        "model": model.name,
        "model_version": model.version,
        "model_sha256": model.card["sha256"],
        "INFERENCE_MAX_PIXELS": settings.max_pixels,
        "INFERENCE_MAX_FACES": settings.max_faces,
        "INFERENCE_MAX_UPLOAD_BYTES": settings.max_upload_bytes,
    }


def read_all(workers: Engine, root: Path, journal: Journal) -> str:
    """What is left, with a progress bar; how fast it went."""
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


def summary(counts: Counter[str]) -> str:
    photos = counts[FACE] + counts[NO_FACE] + counts[FAILED]
    return (
        f"{photos:,} photos: {counts[FACE]:,} with {counts['faces']:,} faces, "
        f"{counts[NO_FACE]:,} without, {counts[FAILED]:,} failed"
    )
