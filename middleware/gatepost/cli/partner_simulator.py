"""``gatepost partners simulate``: a partner's endpoint to try deliveries on, on a bad line.

Rules: it listens on this machine alone unless told otherwise; every push is a line of NDJSON, and the last line sums
up; it ends by Ctrl-C or SIGTERM.
"""

import asyncio
import signal
import socket
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gatepost.cli.output import flush, tell, write_row
from gatepost.errors import GatepostError
from gatepost.partners.simulated import Chances, Fate, SimulatedPartner, Taken

if TYPE_CHECKING:
    import h11

__all__ = ["simulate"]

_MOST_OCTETS = 2**20
_LONGEST_SECONDS = 3.0
"""What a slow answer takes."""
_READ_SECONDS = 30.0

_Choice = TypeVar("_Choice")

Percent = Annotated[float, typer.Option(metavar="PERCENT", min=0, max=100)]


def simulate(
    secret: Annotated[list[str], typer.Option(metavar="whsec_...", help="What pushes are signed with; repeatable.")],
    port: Annotated[int, typer.Option(metavar="P", min=0, max=65535)] = 8090,
    host: Annotated[str, typer.Option(metavar="H", help="The address to listen on.")] = "127.0.0.1",
    reset: Percent = 5,
    error: Percent = 10,
    slow: Percent = 10,
    lost: Percent = 5,
    busy: Percent = 5,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed, the same faults.")] = 0,
    receipts: Annotated[
        str | None, typer.Option(metavar="ID", help="Answer with receipts, as the partner with this id.")
    ] = None,
    api: Annotated[
        str, typer.Option(metavar="URL", help="Where receipts go: the control API.")
    ] = "http://127.0.0.1:8080/_gatepost/api/v1",
    token: Annotated[
        str, typer.Option(metavar="TOKEN", envvar="GATEPOST_TOKEN", help="What the control API lets in by.")
    ] = "",
) -> None:
    """Take notices as a partner should, on a line that breaks: to try deliveries, and to see how a partner verifies.

    Of a hundred pushes, so many are reset, answered with an error, answered late, taken with the answer lost, or put
    off (429, 503). What was taken, and what holds by now, is NDJSON on stdout.
    """
    _check_library()
    partner = SimulatedPartner(secret, Chances(reset, error, slow, lost, busy), seed)
    answers = _Receipts(f"{api.rstrip('/')}/partners/{receipts}/receipts", token) if receipts else None
    asyncio.run(_Endpoint(partner, answers).serve(host, port))
    write_row({"summary": partner.summary})


def _check_library() -> None:
    for part in ("httpx", "h11", "standardwebhooks"):
        if find_spec(part) is None:
            raise GatepostError(
                f"a partner needs {part}, which is not installed",
                id="cli.partners.missing",
                remedy="pip install 'gatepost[server,partners]'",
            )


@dataclass
class _Receipts:
    """Says by the control API that what was asked for is done."""

    url: str
    token: str

    async def send(self, said: Mapping[str, object]) -> None:
        import httpx

        states = {"stop": ("stopped",), "remove_past": ("stopped", "removed")}.get(str(said["action"]), ())
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {self.token}"}) as client:
            for state in states:
                version = f"{datetime.now(UTC):%Y-%m-%d}" if state == "removed" else ""
                answer = {"notice": said["id"], "kind": state, **({"dataset_version": version} if version else {})}
                try:
                    came = str((await client.post(self.url, json=answer)).status_code)
                except httpx.HTTPError as error:
                    came = type(error).__name__
                write_row({"receipt": state, "id": said["id"], "answer": came})


class _Endpoint:
    """The partner's server."""

    def __init__(self, partner: SimulatedPartner, receipts: _Receipts | None) -> None:
        self._partner, self._receipts = partner, receipts
        self._under_way: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int) -> None:
        """Until it is told to end."""
        ended = asyncio.Event()
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, ended.set)
        server = await asyncio.start_server(self._visited, host, port)
        tell(f"Takes notices at http://{host}:{server.sockets[0].getsockname()[1]}/ until Ctrl-C.")
        await ended.wait()
        server.close()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        with suppress(ConnectionError, TimeoutError, asyncio.CancelledError):
            await self._answered(reader, writer)
        writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import h11

        line = h11.Connection(h11.SERVER)
        try:
            fields, body = await _request(line, reader)
        except h11.RemoteProtocolError:
            return
        taken = self._partner.take(fields, body)
        write_row(taken.row)
        flush()
        if taken.fate in (Fate.RESET, Fate.LOST):
            _reset(writer)
        else:
            await _answer(line, writer, taken)
        if taken.news and self._receipts:
            await self._receipts.send(taken.said)


async def _request(line: "h11.Connection", reader: asyncio.StreamReader) -> tuple[Mapping[str, str], bytes]:
    """The fields and the body of a request. Raises h11's RemoteProtocolError for what is none."""
    import h11

    fields: dict[str, str] = {}
    body = bytearray()
    async with asyncio.timeout(_READ_SECONDS):
        while not isinstance(event := line.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Request):
                fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
            elif event is h11.NEED_DATA:
                line.receive_data(await reader.read(65_536))
            else:
                raise ConnectionResetError
            if len(body) > _MOST_OCTETS:
                raise ConnectionResetError
    return fields, bytes(body)


async def _answer(line: "h11.Connection", writer: asyncio.StreamWriter, taken: Taken) -> None:
    import h11

    if taken.fate is Fate.SLOW:
        await asyncio.sleep(taken.luck * _LONGEST_SECONDS)
    fields = [("content-length", "0"), ("connection", "close")]
    if taken.fate is Fate.BUSY:
        fields.append(("retry-after", _patience(taken.luck)))
    answer = h11.Response(status_code=_status(taken), headers=fields)
    for event in (answer, h11.EndOfMessage()):
        writer.write(line.send(event) or b"")
    await writer.drain()


def _status(taken: Taken) -> int:
    match taken.fate:
        case Fate.ERROR:
            return _pick((500, 502, 504), taken.luck)
        case Fate.BUSY:
            return _pick((429, 503), taken.luck)
        case Fate.FORGED:
            return 401
        case _:
            return _pick((200, 202, 204), taken.luck)


def _pick(choices: Sequence[_Choice], luck: float) -> _Choice:
    return choices[int(luck * 1_000) % len(choices)]


def _patience(luck: float) -> str:
    """A ``Retry-After``: seconds, a date, or what should not be there."""
    soon = datetime.now(UTC) + timedelta(seconds=1)
    return _pick(("1", "0", "-5", "soon", format_datetime(soon, usegmt=True)), luck)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection without a word, as a crash does."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
