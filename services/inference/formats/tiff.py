"""TIFF: the first directory's entries that its pixels need, given to libtiff through Pillow.

All other entries are struck out: Pillow reads each into memory, and a hostile file may name the same
megabytes in thousands of them.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from services.inference.errors import UnreadableImageError, UnsupportedImageError
from services.inference.formats import pillow
from services.inference.formats.exif import valid
from services.inference.formats.picture import Picture, factor

WIDTH, HEIGHT, BITS, ORIENTATION, SAMPLES, ROWS = 256, 257, 258, 274, 277, 278
TILE_WIDTH, TILE_HEIGHT, FORMAT = 322, 323, 339
NEEDED: Final = {
    WIDTH, HEIGHT, BITS, 259, 262, 266, 273, SAMPLES, ROWS, 279, 284, 292, 293, 317, 320, 321,
    TILE_WIDTH, TILE_HEIGHT, 324, 325, 332, 334, 338, FORMAT, 347, 529, 530, 531, 532,
}  # fmt: skip
SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
"""Bytes of a value of each field type."""
WHOLE: Final = {1, 3, 4, 16}
"""Field types of unsigned numbers."""
Order = Literal["little", "big"]


@dataclass(frozen=True)
class Layout:
    """Of classic TIFF or BigTIFF: where the directory is named, and bytes of its count and of an offset."""

    order: Order
    first: int
    count: int
    offset: int

    @property
    def entry(self) -> int:
        return 4 + 2 * self.offset

    def number(self, data: bytes | bytearray, at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], self.order)


CLASSIC, BIG = (4, 2, 4), (8, 8, 8)
LAYOUTS: Final = {
    b"II*\0": Layout("little", *CLASSIC),
    b"MM\0*": Layout("big", *CLASSIC),
    b"II+\0": Layout("little", *BIG),
    b"MM\0+": Layout("big", *BIG),
}
STARTS: Final = tuple(LAYOUTS)


def look(data: bytes) -> Picture:
    """UnreadableImageError, or UnsupportedImageError for samples that are no shades of grey or colours."""
    changed = bytearray(data)
    values = _strike_out(changed, LAYOUTS[data[:4]])
    file = bytes(changed)
    width, height = values.get(WIDTH, 0), values.get(HEIGHT, 0)
    if not width or not height:
        raise UnreadableImageError("the TIFF image's header is damaged")
    piece = values.get(TILE_WIDTH, 0) * values.get(TILE_HEIGHT, 0) or width * min(
        values.get(ROWS, height), height
    )
    with pillow.opened(file, "TIFF") as image:
        mode = image.mode
    if mode in {"I", "F"}:
        raise UnsupportedImageError(
            "TIFF with 32-bit or floating-point samples is not read; send 8 or 16 bits"
        )
    samples = values.get(SAMPLES, 1) * ((values.get(BITS, 8) + 7) // 8)
    cost = (
        width * height * pillow.bytes_per_pixel(mode) + piece * max(samples, 4) + pillow.BANDS + 3 * len(file)
    )
    pixels = partial(pillow.pixels, file, "TIFF", factor(width, height))
    return Picture("TIFF", width, height, cost, pixels, valid(values.get(ORIENTATION, 1)))


def _strike_out(file: bytearray, layout: Layout) -> dict[int, int]:
    """Leaves only NEEDED entries, each once, and no other directory; returns first values by tag.

    UnreadableImageError for entries that name more bytes than the file has.
    """
    start = layout.number(file, layout.first, layout.offset)
    first, total = start + layout.count, 0
    values: dict[int, int] = {}
    kept = []
    for index in range(min(layout.number(file, start, layout.count), 65_536)):
        at = first + index * layout.entry
        entry = bytes(file[at : at + layout.entry])
        if len(entry) < layout.entry:
            break
        tag, kind = layout.number(entry, 0, 2), layout.number(entry, 2, 2)
        if tag in values or tag not in NEEDED | {ORIENTATION}:
            continue
        size = SIZES.get(kind, 1) * layout.number(entry, 4, layout.offset)
        values[tag] = _first_value(file, entry, kind, size, layout)
        total += size
        kept += [entry] if tag in NEEDED else []
    if not kept or total > len(file):
        raise UnreadableImageError("the TIFF image's header is damaged")
    directory = len(kept).to_bytes(layout.count, layout.order) + b"".join(kept) + bytes(layout.offset)
    file[start : start + len(directory)] = directory
    return values


def _first_value(file: bytearray, entry: bytes, kind: int, size: int, layout: Layout) -> int:
    """0 where the entry holds no whole number."""
    if kind not in WHOLE:
        return 0
    place = 4 + layout.offset
    if size <= layout.offset:
        return layout.number(entry, place, min(SIZES[kind], size))
    return layout.number(file, layout.number(entry, place, layout.offset), SIZES[kind])
