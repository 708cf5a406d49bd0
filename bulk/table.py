"""The columns of OUT.parquet."""

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from bulk.work import Row
from services.emotions import EMOTIONS

SCHEMA: Final = pa.schema(
    [
        ("path", pa.string()),  # below the folder, or as the list has it
        ("status", pa.string()),  # face, no_face, failed
        ("error", pa.string()),  # the service's code, or missing, unreadable_file, worker_died, internal
        ("detail", pa.string()),
        ("image_width", pa.int32()),  # of the upright picture, in pixels, as the box is
        ("image_height", pa.int32()),
        ("faces", pa.int32()),  # in this photo
        ("face", pa.int32()),  # 0 is the largest; null where there is none
        ("x", pa.int32()),
        ("y", pa.int32()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("detection_score", pa.float32()),
        ("emotion", pa.string()),  # the dominant one
        ("confidence", pa.float32()),  # its probability
        ("uncertain", pa.bool_()),
        *((emotion, pa.float32()) for emotion in EMOTIONS),
        ("model", pa.string()),
        ("model_version", pa.string()),
        ("model_sha256", pa.string()),
    ]
)


def to_table(rows: list[Row], about: Mapping[str, str | int]) -> pa.Table:
    model = {name: about[name] for name in ("model", "model_version", "model_sha256")}
    return pa.Table.from_pylist([row | model for row in rows], SCHEMA)
