"""GIF: its first frame as a still picture of its own, given to Pillow.

Comments and later frames are left out: Pillow joins comments one by one, which takes minutes for many.
"""

from functools import partial
from typing import Final

from services.inference.errors import UnreadableImageError
from services.inference.formats import pillow
from services.inference.formats.picture import Grey, Picture, factor, on_white, reduced

STARTS: Final = (b"GIF87a", b"GIF89a")
EXTENSION, FRAME, END = 0x21, 0x2C, b";"
CONTROL: Final = 0xF9
"""The extension that says which colour is transparent."""
MOST_BLOCKS: Final = 10_000


def look(data: bytes) -> Picture:
    """UnreadableImageError where no frame begins."""
    head_end = 13 + _palette(data[10:11])
    control, at = b"", head_end
    for _ in range(MOST_BLOCKS):
        kind = data[at : at + 1]
        if kind == bytes([FRAME]):
            return _picture(data[:head_end], control, data[at : _frame_end(data, at)])
        if kind != bytes([EXTENSION]):
            break
        end = _blocks_end(data, at + 2)
        if data[at + 1 : at + 2] == bytes([CONTROL]):
            control = data[at:end]
        at = end
    raise UnreadableImageError("the GIF image's header is damaged")


def _palette(flags: bytes) -> int:
    """Bytes of the palette that a descriptor's flags announce."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _frame_end(data: bytes, at: int) -> int:
    return _blocks_end(data, at + 11 + _palette(data[at + 9 : at + 10]))


def _blocks_end(data: bytes, at: int) -> int:
    """Where a row of sub-blocks ends, or the file."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _picture(head: bytes, control: bytes, frame: bytes) -> Picture:
    """Around the frame the canvas is white; a frame that reaches beyond it enlarges it, as in browsers."""
    left, top, across, down = (int.from_bytes(frame[at : at + 2], "little") for at in (1, 3, 5, 7))
    if not across or not down:
        raise UnreadableImageError("the GIF image's header is damaged")
    width = max(int.from_bytes(head[6:8], "little"), left + across)
    height = max(int.from_bytes(head[8:10], "little"), top + down)
    still = head[:6] + frame[5:9] + head[10:] + control + frame[:1] + bytes(4) + frame[5:] + END
    by = factor(width, height)
    cost = width * height + pillow.BANDS + 2 * len(frame)
    if (across, down) == (width, height):
        return Picture("GIF", width, height, cost, partial(pillow.pixels, still, "GIF", by))

    def pixels() -> Grey:
        return reduced(on_white(pillow.pixels(still, "GIF", 1), left, top, width, height), by)

    return Picture("GIF", width, height, cost + 2 * across * down, pixels)
