"""The multipart reader of both services."""

import asyncio
import base64
import quopri
from typing import Any

import httpx
import pytest
from fastapi import Request

from services.common.forms import Part, file_of, files_of, read_form, texts_of
from services.common.problems import InvalidError, TooLargeError, UnreadableError

BINARY = b"\xff\xd8\xe9 a photo \x00\xff\xd9"


def read(most: int = 10, kind: str = "", **sent: Any) -> list[Part]:
    message = httpx.Request("POST", "http://service", **sent)
    body = {"type": "http.request", "body": message.read(), "more_body": False}
    headers = [(b"content-type", message.headers["content-type"].encode() + kind.encode())]

    async def receive() -> dict[str, Any]:
        return body

    return asyncio.run(
        read_form(Request({"type": "http", "headers": headers}, receive), most, UnreadableError)
    )


def test_bytes_without_filename() -> None:
    """The bytes of a part without a filename stay bytes, and are a file."""
    parts = read(files={"file": (None, BINARY), "limit": (None, "3")})
    assert files_of(parts, "file", {"limit"}) == [Part("file", None, BINARY)]
    assert texts_of(parts, "limit") == ["3"]


@pytest.mark.parametrize("content", [b"", b"text", BINARY, bytes(3_000_000)])
def test_named_file(content: bytes) -> None:
    """A part with a filename is a file, whatever is in it, and no text."""
    parts = read(files={"file": ("ä.jpg", content)})
    assert files_of(parts, "file") == [Part("file", "ä.jpg", content)]
    assert not texts_of(parts, "file")


def test_text_in_the_files_part() -> None:
    """The part of the photo is a file, whatever is in it and without a filename too."""
    assert file_of(read(files={"file": (None, b"text")}), "file").content == b"text"


@pytest.mark.parametrize(
    "names", [["photo"], ["file", "file"], ["file", "limt"]], ids=["wrong name", "twice", "unknown option"]
)
def test_wrong_parts(names: list[str]) -> None:
    """A wrong, a repeated and an unknown part are refused with the name of the right one."""
    with pytest.raises(InvalidError, match="`file`"):
        file_of(read(files=[(name, (None, BINARY)) for name in names]), "file", {"limit"})


def test_most_parts() -> None:
    """More parts than asked for are too large."""
    files = [("file", ("a", b""))] * 3
    assert len(read(3, files=files)) == 3
    with pytest.raises(TooLargeError):
        read(2, files=files)


@pytest.mark.parametrize("charset", ["undefined", "no-such", "hex"])
def test_unknown_charset(charset: str) -> None:
    """A charset that Python does not know is the client's mistake."""
    with pytest.raises(UnreadableError):
        read(files={"file": BINARY}, kind=f"; charset={charset}")


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_malformed(kind: str) -> None:
    """A form without a boundary, or with another one, is unreadable."""
    with pytest.raises(UnreadableError, match="malformed" if "=" in kind else "Content-Type has no boundary"):
        read(content=b"--y\r\nnonsense", headers={"Content-Type": kind})


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("base64", base64.encodebytes(BINARY)),
        ("Quoted-Printable", quopri.encodestring(BINARY)),
        ("8bit", BINARY),
    ],
)
def test_transfer_encoding(coding: str, sent: bytes) -> None:
    """A part that says how it is encoded is decoded."""
    assert (
        file_of(read(**form(b"Content-Transfer-Encoding: " + coding.encode(), sent)), "file").content
        == BINARY
    )


@pytest.mark.parametrize("header", [b"Content-Transfer-Encoding: base64", b"Content-Disposition: form-data"])
def test_unreadable_part(header: bytes) -> None:
    """A part that is not encoded as it says, or has no name, is unreadable."""
    with pytest.raises(UnreadableError, match="malformed"):
        read(**form(header, b"a"))


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n--x", b"\r\n--x\r\nContent-Disposition: form-data; na"])
def test_cut_off(end: bytes) -> None:
    """A form that ends within a part is unreadable, not a form without that part."""
    sent = form(b"Content-Type: image/jpeg", BINARY)
    with pytest.raises(UnreadableError, match="cut off"):
        read(**{**sent, "content": sent["content"].removesuffix(b"\r\n--x--\r\n") + end})


@pytest.mark.parametrize("end", [b"\r\n--x--", b"\r\n--x--\r\nmore", b"\r\n--x\r\n"])
def test_careless_end(end: bytes) -> None:
    """A form that ends after its last part is whole, as small devices end it too."""
    sent = form(b"Content-Type: image/jpeg", BINARY)
    whole = sent["content"].removesuffix(b"\r\n--x--\r\n") + end
    assert file_of(read(**{**sent, "content": whole}), "file").content == BINARY


def form(header: bytes, content: bytes) -> dict[str, Any]:
    head = b'Content-Disposition: form-data; name="file"; filename="a"\r\n' + header
    body = b"--x\r\n" + head + b"\r\n\r\n" + content + b"\r\n--x--\r\n"
    return {"content": body, "headers": {"Content-Type": "multipart/form-data; boundary=x"}}
