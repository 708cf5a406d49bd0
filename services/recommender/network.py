"""Connections for httpcore by asyncio alone, without TLS: half the processor time of its own ones."""

import asyncio
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import httpcore


class Stream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 # httpcore's
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 # httpcore's
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError from error

    async def aclose(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 # as httpcore has it
        return self._writer.get_extra_info(info) if info != "ssl_object" else None


class Network(httpcore.AsyncNetworkBackend):
    """Opens connections."""

    def __init__(self) -> None:
        if find_spec("sniffio") is None:
            # httpcore imports it at each step, and where it is missing Python searches all folders each time.
            sys.modules["sniffio"] = None  # type: ignore[assignment] # makes the import fail at once

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 # httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """ConnectError or ConnectTimeout. The pool gives neither an address nor options."""
        del local_address, socket_options
        try:
            async with asyncio.timeout(timeout):
                return Stream(*await asyncio.open_connection(host, port))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError from error

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
