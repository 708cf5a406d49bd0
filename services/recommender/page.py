"""Serves the web page's text files, each compressed once, and code without comments; the app has the rest."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.common.headers import PAGE_POLICY

TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
COVER_HOSTS: Final = (
    "archive.org",
    "*.archive.org",
    "covers.openlibrary.org",
    "coverartarchive.org",
    "upload.wikimedia.org",
    "commons.wikimedia.org",
    "image.tmdb.org",
    "*.gr-assets.com",
    "*.steamstatic.com",
    "i.scdn.co",
)
"""Where the catalogue's covers lie, and where those sites redirect to."""
COVERS_POLICY: Final = PAGE_POLICY.replace(
    "img-src 'self'", " ".join(["img-src 'self'", *(f"https://{host}" for host in COVER_HOSTS)])
)


COMMENT: Final = re.compile(rb"^[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.MULTILINE | re.DOTALL)
"""A comment that begins a line; those are a sixth of what the page would transfer."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file as it is and compressed."""

    plain: bytes
    gzipped: bytes
    tag: str
    """A weak ETag: both forms are the same file."""


@lru_cache(maxsize=200)
def _pack(path: Path, _modified_ns: int, *, covers: bool) -> Packed:
    content = path.read_bytes()
    if covers and path.name == "index.html":
        meta = f'<meta name="cover-hosts" content="{" ".join(COVER_HOSTS)}">'
        content = content.replace(b"</head>", meta.encode() + b"\n</head>")
    if path.suffix in {".css", ".js"}:
        content = COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), content)
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:20]}"'
    return Packed(content, gzip.compress(content, 9, mtime=0), tag)


class PageFiles:
    """Answers GET and HEAD of the files in `folder`; `covers` lets the page offer and load real covers."""

    def __init__(self, app: ASGIApp, folder: Path, *, covers: bool) -> None:
        self.app, self.covers = app, covers
        files = [path for path in folder.rglob("*") if path.suffix in TYPES]
        self.files = {f"/{path.relative_to(folder).as_posix()}": path for path in files}
        self.files["/"] = folder / "index.html"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        path = self.files.get(scope["path"].removeprefix(scope.get("root_path", ""))) if asked else None
        headers = Headers(scope=scope) if path else Headers()
        if path is None or "range" in headers:  # a part of the file as it lies on the disk
            await self.app(scope, receive, send)
            return
        packed = _pack(path, path.stat().st_mtime_ns, covers=self.covers)
        await self._answer(packed, path, headers)(scope, receive, send)

    def _answer(self, packed: Packed, path: Path, headers: Headers) -> Response:
        known = {"ETag": packed.tag, "Vary": "Accept-Encoding"}
        if self.covers and path.suffix == ".html":
            known["Content-Security-Policy"] = COVERS_POLICY
        if path.name == "sw.js":
            known["Content-Security-Policy"] = PAGE_POLICY
        if packed.tag in headers.get("if-none-match", ""):
            return Response(status_code=304, headers=known)
        if "gzip" not in headers.get("accept-encoding", ""):
            return Response(packed.plain, headers=known, media_type=TYPES[path.suffix])
        known["Content-Encoding"] = "gzip"
        return Response(packed.gzipped, headers=known, media_type=TYPES[path.suffix])
