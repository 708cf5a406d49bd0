"""A server on loopback, in its own process, that answers correctly or fails in a chosen way.

    python tests/helpers/sick_inference.py PORT ANSWER

Each line on its standard input sets how it answers from then on: `ok` with ANSWER, or one of the failures
below. It prints the line once this is set. It imports only the standard library, to start fast.
"""

import asyncio
import sys

GARBAGE = {
    "garbage": b"\x00\xff" * 4000,
    "half": b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nContent-Type: application/json\r\n\r\n{",
}


class Sick:
    def __init__(self, answer: bytes) -> None:
        self.mode = "ok"
        self.ok = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client gave up, as it should
        finally:
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "hang":  # takes the connection, reads nothing, never answers
            await asyncio.sleep(60)
            return
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
        )
        await reader.readexactly(length)
        if self.mode in GARBAGE:
            writer.write(GARBAGE[self.mode])
            await writer.drain()
        elif self.mode == "endless":
            await self.endless(writer)
        elif self.mode == "drip":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
            for _ in range(600):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.1)
        else:
            headers = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(self.ok)}\r\n\r\n"
            )
            writer.write(headers.encode() + self.ok)
            await writer.drain()

    async def endless(self, writer: asyncio.StreamWriter) -> None:
        """Sends an answer of 64 MB, or as much of it as the client takes."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(64):
            writer.write(b"[" * 1_000_000)
            await writer.drain()


async def main(port: int, answer: bytes) -> None:
    sick = Sick(answer)
    server = await asyncio.start_server(sick.serve, "127.0.0.1", port)
    async with server:
        while line := await asyncio.to_thread(sys.stdin.readline):
            sick.mode = line.strip()
            sys.stdout.write(f"{sick.mode}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2].encode()))
