"""Reads bodies and multipart forms in memory only; BodyLimit bounds how much there is."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, parse_options_header

from services.common.problems import ServiceError, TooLargeError

FORM: Final = "multipart/form-data"
OTHER_PARTS: Final = 16
"""Parts of a form that may come beside those that a route asks for."""
BINARY: Final = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    filename: str | None
    content: bytes

    @property
    def is_file(self) -> bool:
        """Whether it has a filename, or else is no text: no image is UTF-8 without a NUL."""
        return self.filename is not None or not _is_text(self.content)


def form_body(properties: dict[str, Any], **others: Any) -> dict[str, Any]:  # noqa: ANN401 # JSON schemas
    """Document a body for OpenAPI: a form with these properties, all required, or another content type."""
    form = {"type": "object", "required": list(properties), "properties": properties}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": form}, **others}}}


PHOTO_BODY: Final = form_body(
    {"file": BINARY},
    **{kind: {"schema": BINARY} for kind in ("image/jpeg", "image/png", "image/webp", "image/*")},
)


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(FORM)


async def read_body(request: Request) -> bytes:
    """Unlike `request.body()`, the request does not keep it, so that a parsed form is in memory once."""
    return b"".join([chunk async for chunk in request.stream()])


async def read_form(request: Request, most_parts: int, unreadable: type[ServiceError]) -> list[Part]:
    """Read all parts. Raises TooLargeError for more than `most_parts`, `unreadable` for a malformed form."""
    body = await read_body(request)
    return await asyncio.to_thread(_parse, request.headers["content-type"], body, most_parts, unreadable)


def files_of(parts: Iterable[Part], name: str) -> list[Part]:
    return [part for part in parts if part.name == name and part.is_file]


def texts_of(parts: Iterable[Part], name: str) -> list[str]:
    return [_decode(part.content) for part in parts if part.name == name and part.filename is None]


def _parse(content_type: str, body: bytes, most_parts: int, unreadable: type[ServiceError]) -> list[Part]:
    _, options = parse_options_header(content_type)
    parts: list[Part] = []

    def add(name: bytes | None, filename: bytes | None, content: bytes | None) -> None:
        if len(parts) == most_parts:
            raise TooLargeError(f"The form has more than {most_parts} parts.")
        parts.append(
            Part(_decode(name or b""), None if filename is None else _decode(filename), content or b"")
        )

    def add_field(field: Field) -> None:
        add(field.field_name, None, field.value)

    def add_file(file: File) -> None:
        file.file_object.seek(0)
        add(file.field_name, file.file_name, file.file_object.read())

    try:
        b"x".decode(options.get(b"charset", b"utf-8").decode("latin-1"), "replace")
    except (LookupError, ValueError) as error:
        raise unreadable("The form cannot be read: its charset is unknown.") from error
    try:
        in_memory = {"MAX_MEMORY_FILE_SIZE": len(body) + 1, "MAX_BODY_SIZE": len(body) + 1}
        parser = FormParser(FORM, add_field, add_file, boundary=options.get(b"boundary"), config=in_memory)
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise unreadable("The form cannot be read: it is malformed.") from error
    return parts


def _decode(content: bytes) -> str:
    """UTF-8, whatever the form declares: names and values of options are the same in every charset in use."""
    return content.decode("utf-8", "replace")


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False
