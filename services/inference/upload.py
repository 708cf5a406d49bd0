"""A request's body → image bytes, in memory only and never more than the limit."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from services.common.problems import TooLargeError
from services.inference.errors import BadRequestError, UnsupportedImageError

OTHER_PARTS: Final = 16
"""Parts of a form that may come beside the files asked for."""
FRAMING: Final = 64 * 1024
"""Bytes allowed beyond the files themselves for multipart's headers and boundaries."""


@dataclass(frozen=True)
class Upload:
    filename: str
    content: bytes


async def read_image(request: Request, max_bytes: int) -> bytes:
    """The multipart field `file`, or the whole body where it is not multipart."""
    if not _is_multipart(request):
        return await _read(request, max_bytes)
    uploads = await read_files(request, "file", 1, max_bytes)
    check_size(uploads[0].content, max_bytes)
    return uploads[0].content


async def read_files(request: Request, field: str, most: int, max_bytes: int) -> list[Upload]:
    """The files in the multipart field `field`, at least one and `most` at most, `max_bytes` together."""
    if not _is_multipart(request):
        raise UnsupportedImageError(f"send multipart/form-data with the field `{field}`")
    body = await _read(request, max_bytes + FRAMING)
    found = await asyncio.to_thread(_parse, request.headers["content-type"], body, most + OTHER_PARTS)
    uploads = [upload for name, upload in found if name == field]
    if not uploads:
        raise BadRequestError(f"the form has no file in its field `{field}`")
    if len(uploads) > most:
        raise TooLargeError(f"{len(uploads)} files; at most {most} are taken at once")
    return uploads


def _is_multipart(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def check_size(content: bytes, max_bytes: int) -> None:
    """TooLargeError for more than `max_bytes`."""
    if len(content) > max_bytes:
        raise TooLargeError(f"the file has {len(content):,} bytes; at most {max_bytes:,} are taken")


async def _read(request: Request, most: int) -> bytes:
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most:
        raise TooLargeError(f"the body has {int(announced):,} bytes; at most {most:,} are taken")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLargeError(f"the body has more than the {most:,} bytes that are taken")
    return bytes(body)


def _parse(content_type: str, body: bytes, most: int) -> list[tuple[str, Upload]]:
    """Files by field name; TooLargeError for more than `most` parts.

    Kept in memory: the parser's spool threshold is the body's own length.
    """
    _, options = parse_options_header(content_type)
    files: list[tuple[str, Upload]] = []

    parts = 0

    def count() -> None:
        nonlocal parts
        parts += 1
        if parts > most:
            raise TooLargeError(f"the form has more than {most} parts")

    def on_file(file: Any) -> None:  # noqa: ANN401  # the library's File; it names no public type for it
        count()
        file.file_object.seek(0)
        name = (file.file_name or b"").decode("utf-8", "replace")
        files.append(
            ((file.field_name or b"").decode("utf-8", "replace"), Upload(name, file.file_object.read()))
        )

    try:
        parser = FormParser(
            "multipart/form-data",
            lambda _: count(),
            on_file,
            boundary=options.get(b"boundary"),
            config={"MAX_MEMORY_FILE_SIZE": len(body) + 1, "MAX_BODY_SIZE": len(body) + 1},
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise BadRequestError("the multipart body is malformed") from error
    return files
