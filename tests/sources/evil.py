"""A server on loopback that answers as an enemy would: each path in a way of its own."""

import asyncio
import gzip
import ssl
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

MIB = b"x" * 2**20
BOMB = gzip.compress(b"\0" * 2**26)


def answer(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


WHOLE = {
    "/": answer(b"hello", "Content-Type: text/plain", 'ETag: "1"'),
    "/page": answer(b"<!doctype html>", "Content-Type: text/html"),
    "/bomb": answer(BOMB, "Content-Encoding: gzip"),
    "/moved": answer(b"", "Location: http://169.254.169.254/latest/meta-data/", status="302 Found"),
    "/nothing": b"",
    "/nonsense": b"SSH-2.0-OpenSSH_9.6\r\n",
    "/long-field": answer(b"", "X-Long: " + "x" * 2**20),
    "/many-fields": answer(b"", *[f"X-{number}: y" for number in range(100_000)]),
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
}


NOT_MODIFIED = answer(b"", status="304 Not Modified")


def knows(asked: bytes, page: bytes) -> bool:
    """Whether the client has the page already, by its ETag."""
    field = page.partition(b"ETag: ")[2].partition(b"\r\n")[0]
    return bool(field) and b"if-none-match: " + field.lower() in asked.lower()


@dataclass
class Evil:
    """What came of it."""

    port: int = 0
    sent: int = 0
    requests: list[bytes] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)
    """Whole answers by path, in place of the others."""
    visits: set[asyncio.Task] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.current_task()
        assert visit is not None
        self.visits.add(visit)
        try:
            await self.answered(reader, writer)
        finally:
            writer.close()

    async def answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            asked = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(asked)
            async for chunk in self.chunks(asked.split()[1].decode(), asked):
                writer.write(chunk)
                await writer.drain()
                self.sent += len(chunk)

    async def close(self) -> None:
        """End what is still being said."""
        for visit in self.visits:
            visit.cancel()
        await asyncio.gather(*self.visits, return_exceptions=True)
        await asyncio.sleep(0)  # in which connections close

    async def chunks(self, path: str, asked: bytes):
        if path in self.pages:
            yield NOT_MODIFIED if knows(asked, self.pages[path]) else self.pages[path]
        elif path == "/gigabyte":
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
            for _ in range(1_024):
                yield MIB
        elif path == "/endless":
            yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            while True:
                yield b"100000\r\n" + MIB + b"\r\n"
        elif path == "/drip":
            for octet in answer(b"slow"):
                yield bytes([octet])
                await asyncio.sleep(0.2)
        elif path == "/drip-body":
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
            for _ in range(1_000):
                yield b"."
                await asyncio.sleep(0.2)
        elif path == "/continue":
            while True:
                yield b"HTTP/1.1 103 Early Hints\r\n\r\n"
                await asyncio.sleep(0)
        elif path == "/silent":
            await asyncio.sleep(30)
        else:
            yield WHOLE[path]


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0):
    evil = Evil()
    server = await asyncio.start_server(evil.serve, address, port, ssl=tls)
    evil.port = server.sockets[0].getsockname()[1]
    try:
        yield evil
    finally:
        server.close()
        await evil.close()
