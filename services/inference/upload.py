"""A request's body → the bytes of its images."""

from typing import Final

from fastapi import Request

from services.common.forms import SPARE_PARTS, Part, file_of, files_of, is_form, read_body, read_form
from services.common.problems import TooLargeError
from services.inference.errors import BadRequestError, UnsupportedImageError

FRAMING: Final = 64 * 1024
"""Bytes allowed beyond the files themselves for multipart's headers and boundaries."""


async def read_image(request: Request, max_bytes: int) -> bytes:
    """The multipart field `file`, or the whole body where it is not multipart."""
    if is_form(request):
        content = file_of(await read_form(request, 1 + SPARE_PARTS, BadRequestError), "file").content
    else:
        content = await read_body(request)
    check_size(content, max_bytes)
    return content


async def read_files(request: Request, field: str, most: int) -> list[Part]:
    """The files in the multipart field `field`, at least one and `most` at most, and nothing else."""
    if not is_form(request):
        raise UnsupportedImageError(f"send multipart/form-data with the field `{field}`")
    return files_of(await read_form(request, most, BadRequestError), field)


def check_size(content: bytes, max_bytes: int) -> None:
    """TooLargeError for more than `max_bytes`."""
    if len(content) > max_bytes:
        raise TooLargeError(f"the file has {len(content):,} bytes; at most {max_bytes:,} are taken")
