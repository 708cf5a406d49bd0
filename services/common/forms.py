"""Reads bodies and multipart forms in memory only; BodyLimit bounds how much there is."""

import asyncio
import binascii
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.common.problems import InvalidError, ServiceError, TooLargeError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM: Final = "multipart/form-data"
PARSED_AT_ONCE: Final = 256 * 1024
"""Bytes of a form that is parsed in less time than a thread's turn takes."""
SPARE_PARTS: Final = 16
"""Parts beyond those that a route takes that are still read, to say what is wrong with them."""
OCTETS: Final = "application/octet-stream"
BINARY: Final = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    filename: str | None
    content: bytes


def form_body(properties: dict[str, Any], **others: Any) -> dict[str, Any]:  # noqa: ANN401 # JSON schemas
    """Document a body for OpenAPI: a form whose first property is required, or another content type."""
    form = {"type": "object", "required": list(properties)[:1], "properties": properties}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": form}, **others}}}


def photo_body(options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Document a form with the part `file` and these options, or the image itself.

    Image types are taken too; client generators do not know them.
    """
    return form_body({"file": BINARY, **(options or {})}, **{OCTETS: {"schema": BINARY}})


PHOTO_BODY: Final = photo_body()


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(FORM)


async def read_body(request: Request) -> bytes:
    """Unlike `request.body()`, the request does not keep it, so that a parsed form is in memory once."""
    return b"".join([chunk async for chunk in request.stream()])


async def read_form(request: Request, most_parts: int, unreadable: type[ServiceError]) -> list[Part]:
    """Read all parts. Raises TooLargeError for more than `most_parts`, `unreadable` for a malformed form."""
    body = await read_body(request)
    given = (request.headers["content-type"], body, most_parts, unreadable)
    return _parse(*given) if len(body) <= PARSED_AT_ONCE else await asyncio.to_thread(_parse, *given)


def files_of(parts: Iterable[Part], name: str, options: Collection[str] = ()) -> list[Part]:
    """The parts that are called `name`, with a filename or without, at least one.

    InvalidError for none, and for a part that is neither a file nor one of `options`.
    """
    parts = list(parts)
    files = [part for part in parts if part.name == name]
    if not files or any(part.name not in {name, *options} for part in parts):
        known = f"`{name}`" + (f"; options are {', '.join(sorted(options))}" if options else "")
        wrong = "has a part that is not known here" if files else f"has no part `{name}`"
        raise InvalidError(f"body: the form {wrong}; a photo goes into {known}")
    return files


def file_of(parts: Iterable[Part], name: str, options: Collection[str] = ()) -> Part:
    """The one part `name`; InvalidError also for several."""
    files = files_of(parts, name, options)
    if len(files) > 1:
        raise InvalidError(f"body.{name}: the form has {len(files)} parts `{name}`; one photo is taken")
    return files[0]


def texts_of(parts: Iterable[Part], name: str) -> list[str]:
    return [_decode(part.content) for part in parts if part.name == name and part.filename is None]


def _parse(content_type: str, body: bytes, most_parts: int, unreadable: type[ServiceError]) -> list[Part]:
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise unreadable(
            "The form cannot be read: its header Content-Type has no boundary. Let the HTTP client set it."
        )
    try:
        b"x".decode(options.get(b"charset", b"utf-8").decode("latin-1"), "replace")
    except (LookupError, ValueError) as error:
        raise unreadable("The form cannot be read: its charset is unknown.") from error
    reader = _Reader(most_parts)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(body)
        parser.finalize()
        reader.check_end()
    except FormParserError as error:
        raise unreadable("The form cannot be read: it is malformed or cut off.") from error
    return reader.parts


class _Reader:
    """Collects the parts that python-multipart's parser finds. Its own FormParser copies each file thrice."""

    def __init__(self, most: int) -> None:
        self.parts: list[Part] = []
        self._most = most
        self._name, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        """Of the part that is being read; empty between parts."""
        self._content: list[bytes] = []

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_name,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self._content.append(data[start:end]),
            "on_part_end": self._end,
        }

    def check_end(self) -> None:
        """FormParserError where the last part has no end: the parser alone would leave it out silently."""
        if self._headers or self._name:
            raise FormParserError("the last part is cut off")

    def _begin(self) -> None:
        if len(self.parts) == self._most:
            raise TooLargeError(f"The form has more than {self._most} parts.")
        self._content = []

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.lower()] = self._value.strip(b" \t")
        self._name, self._value = b"", b""

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name, filename = options.get(b"name"), options.get(b"filename")
        if name is None:
            raise FormParserError("a part has no name")
        coding = self._headers.get(b"content-transfer-encoding", b"").lower()
        content = _uncoded(b"".join(self._content), coding)
        self._headers = {}
        self.parts.append(Part(_decode(name), None if filename is None else _decode(filename), content))


def _uncoded(content: bytes, coding: bytes) -> bytes:
    """Undo a part's Content-Transfer-Encoding; an unknown one leaves the bytes as they are."""
    try:
        if coding == b"base64":
            return binascii.a2b_base64(content)
        return binascii.a2b_qp(content) if coding == b"quoted-printable" else content
    except binascii.Error as error:
        raise FormParserError("a part is not encoded as it says") from error


def _decode(content: bytes) -> str:
    """UTF-8, whatever the form declares: names and values of options are the same in every charset in use."""
    return content.decode("utf-8", "replace")
